// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>

namespace prunedamr {
namespace {

volatile std::sig_atomic_t g_host_calls = 0;

void host_handler(int, siginfo_t*, void*)
{
    g_host_calls = g_host_calls + 1;
}

/// The handler of a host process for SIGINT and SIGTERM, with flags that `std::signal` cannot express.
class Host : public ::testing::Test
{
protected:
    Host()
    {
        g_host_calls = 0;
        struct sigaction action {
        };
        action.sa_sigaction = host_handler;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigaddset(&action.sa_mask, SIGUSR2);
        sigaction(SIGINT, &action, &interrupt_);
        sigaction(SIGTERM, &action, &terminate_);
    }
    ~Host() override
    {
        sigaction(SIGINT, &interrupt_, nullptr);
        sigaction(SIGTERM, &terminate_, nullptr);
    }

    struct sigaction interrupt_, terminate_;
};

using InterruptGuardInAHost = Host;

TEST_F(InterruptGuardInAHost, PutsBackTheHandlersThatItFound)
{
    {
        const InterruptGuard guard;
        std::raise(SIGTERM);
        EXPECT_EQ(interrupt_signal(), SIGTERM);
        EXPECT_EQ(g_host_calls, 0);
    }
    for (const int signal : { SIGINT, SIGTERM }) {
        struct sigaction now {
        };
        sigaction(signal, nullptr, &now);
        ASSERT_EQ(now.sa_sigaction, &host_handler);
        EXPECT_EQ(now.sa_flags & (SA_SIGINFO | SA_NODEFER), SA_SIGINFO | SA_NODEFER);
        EXPECT_TRUE(sigismember(&now.sa_mask, SIGUSR2));
        std::raise(signal);
    }
    EXPECT_EQ(g_host_calls, 2);
    EXPECT_TRUE(interrupted()); // what happened under the guard can still be asked
}

TEST_F(InterruptGuardInAHost, KeepsGuardingAfterANestedGuardEnded)
{
    const InterruptGuard outer;
    {
        const InterruptGuard inner;
    }
    std::raise(SIGINT);
    EXPECT_EQ(interrupt_signal(), SIGINT);
    EXPECT_EQ(g_host_calls, 0);
    {
        const InterruptGuard inner;
        EXPECT_TRUE(interrupted()); // the outer work was interrupted, so the inner one is
    }
}

TEST_F(InterruptGuardInAHost, ClearsTheFlagWhereTheOutermostBegins)
{
    {
        const InterruptGuard guard;
        std::raise(SIGINT);
    }
    const InterruptGuard next;
    EXPECT_FALSE(interrupted());
    EXPECT_EQ(interrupt_signal(), 0);
}

TEST(SignalHandler, LeavesAnIgnoredSignalIgnored)
{
    const auto before = std::signal(SIGHUP, SIG_IGN);
    {
        const SignalHandler handler(SIGHUP, [](int) { g_host_calls = 100; });
        std::raise(SIGHUP);
        EXPECT_EQ(g_host_calls, 100);
    }
    EXPECT_EQ(std::signal(SIGHUP, before), SIG_IGN);
}

TEST(InterruptGuardDeathTest, ASecondSignalEndsTheProcess)
{
    EXPECT_EXIT(
        {
            const InterruptGuard guard;
            std::raise(SIGINT);
            std::raise(SIGINT);
        },
        ::testing::KilledBySignal(SIGINT), "");
}

} // namespace
} // namespace prunedamr
