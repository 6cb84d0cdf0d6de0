// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/paired_change.h"

#include <gtest/gtest.h>

#include <cmath>

namespace prunedamr::data {
namespace {

TEST(PairedChange, CountsWhatIsWonAndLostOnTheSameFrames)
{
    PairedChange change;
    for (int i = 0; i < 90; ++i)
        change.add(1, 1, 1);
    for (int i = 0; i < 4; ++i)
        change.add(1, 1, 0); // lost
    change.add(1, 0, 1);     // won
    for (int i = 0; i < 5; ++i)
        change.add(1, 0, 2); // wrong both times
    EXPECT_EQ(change.count(), 100);
    EXPECT_DOUBLE_EQ(change.accuracy(), -0.03);
    EXPECT_DOUBLE_EQ(change.differing(), 0.1);
    EXPECT_NEAR(change.standard_error(), std::sqrt((0.05 - 0.03 * 0.03) / 100), 1e-12);
    EXPECT_EQ(change.to_text(), "-3.00 points, standard error 2.22; 10.0 % of the decisions differ");
    EXPECT_DOUBLE_EQ(change.to_json().at("standard_error"), change.standard_error());
}

TEST(PairedChange, OfNothingAndOfEqualsIsZero)
{
    PairedChange change;
    EXPECT_EQ(change.accuracy(), 0.0);
    EXPECT_EQ(change.standard_error(), 0.0);
    change.add(2, 2, 2);
    EXPECT_EQ(change.accuracy(), 0.0);
    EXPECT_EQ(change.standard_error(), 0.0);
    EXPECT_EQ(change.differing(), 0.0);
}

} // namespace
} // namespace prunedamr::data
