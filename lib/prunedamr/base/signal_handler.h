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

} // namespace prunedamr
