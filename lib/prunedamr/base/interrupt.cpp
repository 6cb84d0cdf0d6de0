// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/interrupt.h"

#include <csignal>

namespace prunedamr {
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
