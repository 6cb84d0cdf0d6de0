// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/interrupt.h"

#include "prunedamr/base/error.h"

#include <csignal>

namespace prunedamr {

SignalHandler::SignalHandler(int signal, void (*handler)(int)) : signal_(signal), previous_{}
{
    struct sigaction action {
    };
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    PRUNEDAMR_CHECK(sigaction(signal, &action, &previous_) == 0, "not a signal that can be handled");
}

SignalHandler::~SignalHandler()
{
    sigaction(signal_, &previous_, nullptr);
}

namespace {

volatile std::sig_atomic_t g_signal = 0;
int g_guards = 0;

void on_signal(int number)
{
    if (g_signal != 0) {
        std::signal(number, SIG_DFL);
        std::raise(number);
    }
    g_signal = number;
}

} // namespace

InterruptGuard::Nesting::Nesting()
{
    if (g_guards++ == 0)
        g_signal = 0;
}

InterruptGuard::Nesting::~Nesting()
{
    --g_guards;
}

InterruptGuard::InterruptGuard() : interrupt_(SIGINT, on_signal), terminate_(SIGTERM, on_signal) {}

bool interrupted() noexcept
{
    return g_signal != 0;
}

int interrupt_signal() noexcept
{
    return g_signal;
}

} // namespace prunedamr
