// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/interrupt.h"

#include <csignal>

namespace prunedamr {
namespace {

volatile std::sig_atomic_t g_signal = 0;

void on_signal(int number)
{
    if (g_signal != 0) {
        std::signal(number, SIG_DFL);
        std::raise(number);
    }
    g_signal = number;
}

} // namespace

InterruptGuard::InterruptGuard()
{
    g_signal = 0;
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
}

InterruptGuard::~InterruptGuard()
{
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
}

bool interrupted() noexcept
{
    return g_signal != 0;
}

int interrupt_signal() noexcept
{
    return g_signal;
}

} // namespace prunedamr
