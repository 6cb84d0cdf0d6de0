// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <csignal>

namespace prunedamr {

/// Handles one signal while it exists and puts back what was there before: the handler of the host process, an
/// enclosing `SignalHandler`, or the default. System calls that the signal interrupts are restarted. Several nest
/// when they end in the reverse order of their construction. `handler` runs in a signal's context: it may set a
/// `volatile std::sig_atomic_t` and little else.
class SignalHandler
{
public:
    SignalHandler(int signal, void (*handler)(int));
    ~SignalHandler();
    SignalHandler(const SignalHandler&) = delete;
    SignalHandler& operator=(const SignalHandler&) = delete;

private:
    int signal_;
    struct sigaction previous_;
};

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
