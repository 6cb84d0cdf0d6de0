// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace prunedamr::metrics {
namespace {

/// 90 right both times, 4 lost, 1 won, 5 wrong both times, each `copies` times in a group of its own.
PairedComparison example(int copies)
{
    PairedComparison change;
    for (int group = 0; group < 100; ++group)
        for (int copy = 0; copy < copies; ++copy)
            if (group < 90)
                change.add(1, 1, 1, group);
            else if (group < 94)
                change.add(1, 1, 0, group);
            else
                change.add(1, 0, group == 94 ? 1 : 2, group);
    return change;
}

TEST(PairedComparison, CountsWhatIsWonAndLostOnTheSameFrames)
{
    const PairedComparison change = example(1);
    EXPECT_EQ(change.count(), 100);
    EXPECT_DOUBLE_EQ(change.accuracy(), -0.03);
    EXPECT_DOUBLE_EQ(change.differing(), 0.1);
    EXPECT_NEAR(change.standard_error(), std::sqrt((0.05 - 0.03 * 0.03) / 100), 1e-12); // McNemar's
    EXPECT_EQ(change.to_text(), "-3.00 points, standard error 2.22; 10.0 % of the decisions differ");
    EXPECT_DOUBLE_EQ(change.to_json().at("standard_error"), change.standard_error());
}

TEST(PairedComparison, FramesOfOneSignalAreNoMoreCertainThanOne)
{
    EXPECT_EQ(example(4).count(), 400);
    EXPECT_DOUBLE_EQ(example(4).accuracy(), -0.03);
    EXPECT_NEAR(example(4).standard_error(), example(1).standard_error(), 1e-12);
}

TEST(PairedComparison, OfNothingAndOfEqualsIsZero)
{
    PairedComparison change;
    EXPECT_EQ(change.accuracy(), 0.0);
    EXPECT_EQ(change.standard_error(), 0.0);
    change.add(2, 2, 2, 0);
    EXPECT_EQ(change.accuracy(), 0.0);
    EXPECT_EQ(change.standard_error(), 0.0);
    EXPECT_EQ(change.differing(), 0.0);
}

} // namespace
} // namespace prunedamr::metrics
