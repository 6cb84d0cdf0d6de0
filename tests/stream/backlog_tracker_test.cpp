// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/stream_state.h"

#include "prunedamr/stream/signal_classifier.h"

#include <gtest/gtest.h>

using prunedamr::stream::BacklogTracker;

TEST(BacklogTracker, NeverSkipsWhileWorkKeepsUp)
{
    BacklogTracker backlog(0.25);
    for (int i = 0; i < 1000; ++i) {
        backlog.worked(i % 2 ? 0.19 : 0.0, 0.1); // late and early in turn, in time on average
        ASSERT_FALSE(backlog.must_skip()) << i;
    }
}

TEST(BacklogTracker, SkipsPastTheLimitUntilTheBacklogIsWorkedOff)
{
    BacklogTracker backlog(0.25);
    backlog.worked(0.3, 0.1);
    EXPECT_FALSE(backlog.must_skip());
    backlog.worked(0.2, 0.1);
    ASSERT_TRUE(backlog.must_skip()); // 0.3 s behind
    backlog.skipped(0.1);
    backlog.skipped(0.1);
    EXPECT_TRUE(backlog.must_skip());
    backlog.skipped(0.15);
    EXPECT_FALSE(backlog.must_skip());
}

TEST(BacklogTracker, CatchesUpNoMoreAtOnceThanAQuarterOfASecond)
{
    BacklogTracker backlog(1.0);
    backlog.worked(1.1, 0.0);
    ASSERT_TRUE(backlog.must_skip());
    backlog.skipped(0.3);
    EXPECT_TRUE(backlog.must_skip()); // 0.8 s behind
    backlog.skipped(0.1);
    EXPECT_FALSE(backlog.must_skip());
}

TEST(BacklogTracker, AReceiverMayBeASecondLateOrWhatItsBufferHolds)
{
    EXPECT_EQ(prunedamr::stream::default_max_lag_s(100e3), 1.0);
    EXPECT_DOUBLE_EQ(prunedamr::stream::default_max_lag_s(20e6), 0.175);
}

TEST(BacklogTracker, AfterAStallSkipsNoMoreThanCouldWait)
{
    BacklogTracker backlog(1.0);
    backlog.worked(60.0, 0.1); // the host stood still; what came meanwhile was dropped in front
    ASSERT_TRUE(backlog.must_skip());
    backlog.skipped(0.3);
    EXPECT_TRUE(backlog.must_skip());
    backlog.skipped(0.3);
    EXPECT_FALSE(backlog.must_skip());
}

TEST(BacklogTracker, IdleTimeEarnsNoCredit)
{
    BacklogTracker backlog(0.25);
    for (int i = 0; i < 100; ++i)
        backlog.worked(0.0, 0.1);
    backlog.worked(0.4, 0.1);
    EXPECT_TRUE(backlog.must_skip());
}
