// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/signal_handler.h"

namespace prunedamr {

/// While one exists, SIGINT and SIGTERM only set a flag, so that long work can stop at a clean place
/// (a second signal ends the process at once). Afterwards the signals' previous handlers are back. Guards may nest,
/// on one thread; the flag is cleared where the outermost begins and stays set after its end.
class InterruptGuard
{
public:
    InterruptGuard();

private:
    /// Counts the guards; before and after the handlers, so that no signal under them is forgotten.
    struct Nesting {
        Nesting();
        ~Nesting();
    };

    Nesting nesting_;
    SignalHandler interrupt_, terminate_;
};

/// True once SIGINT or SIGTERM arrived under a guard.
bool interrupted() noexcept;

/// The signal that arrived (SIGINT, SIGTERM), or 0.
int interrupt_signal() noexcept;

} // namespace prunedamr
