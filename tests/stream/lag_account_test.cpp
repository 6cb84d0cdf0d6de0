// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/lag_account.h"

#include "prunedamr/stream/classifier.h"

#include <gtest/gtest.h>

using prunedamr::stream::LagAccount;

TEST(LagAccount, NeverSkipsWhileWorkKeepsUp)
{
    LagAccount lag(0.25);
    for (int i = 0; i < 1000; ++i) {
        lag.worked(i % 2 ? 0.19 : 0.0, 0.1); // late and early in turn, in time on average
        ASSERT_FALSE(lag.must_skip()) << i;
    }
}

TEST(LagAccount, SkipsPastTheLimitUntilTheDebtIsPaid)
{
    LagAccount lag(0.25);
    lag.worked(0.3, 0.1);
    EXPECT_FALSE(lag.must_skip());
    lag.worked(0.2, 0.1);
    ASSERT_TRUE(lag.must_skip()); // 0.3 s behind
    lag.skipped(0.1);
    lag.skipped(0.1);
    EXPECT_TRUE(lag.must_skip());
    lag.skipped(0.15);
    EXPECT_FALSE(lag.must_skip());
}

TEST(LagAccount, PaysNoMoreAtOnceThanAQuarterOfASecond)
{
    LagAccount lag(1.0);
    lag.worked(1.1, 0.0);
    ASSERT_TRUE(lag.must_skip());
    lag.skipped(0.3);
    EXPECT_TRUE(lag.must_skip()); // 0.8 s behind
    lag.skipped(0.1);
    EXPECT_FALSE(lag.must_skip());
}

TEST(LagAccount, AReceiverMayBeASecondLateOrWhatItsBufferHolds)
{
    EXPECT_EQ(prunedamr::stream::max_lag_s(100e3), 1.0);
    EXPECT_DOUBLE_EQ(prunedamr::stream::max_lag_s(20e6), 0.175);
}

TEST(LagAccount, IdleTimeEarnsNoCredit)
{
    LagAccount lag(0.25);
    for (int i = 0; i < 100; ++i)
        lag.worked(0.0, 0.1);
    lag.worked(0.4, 0.1);
    EXPECT_TRUE(lag.must_skip());
}
