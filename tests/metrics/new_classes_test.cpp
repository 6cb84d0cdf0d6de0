// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/new_classes.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

namespace prunedamr::metrics {
namespace {

constexpr int kFrames = 1000;

/// Frames of class 0, all right.
Evaluation before()
{
    Evaluation result;
    result.logits.classes = 2;
    result.labels.assign(kFrames, 0);
    for (int i = 0; i < kFrames; ++i)
        result.logits.values.insert(result.logits.values.end(), { 0.0f, -1.0f });
    return result;
}

/// The same with a new class, whose logit is above that of class 0 in frame i by (100 - i) / 10: in the first hundred.
Evaluation after()
{
    Evaluation result = before();
    result.logits = { 3, {} };
    for (int i = 0; i < kFrames; ++i)
        result.logits.values.insert(result.logits.values.end(),
                                    { 0.0f, -1.0f, static_cast<float>(100 - i) / 10.0f - 0.05f });
    return result;
}

double offset(const Evaluation& old, double max_loss)
{
    return offset_of_new_classes(before(), { 2, -1, old, {}, max_loss });
}

int taken(const Evaluation& evaluation, double offset)
{
    int count = 0;
    for (std::size_t i = 0; i < evaluation.labels.size(); ++i)
        count += evaluation.logits.row(i)[2] + offset > evaluation.logits.row(i)[0] ? 1 : 0;
    return count;
}

} // namespace

TEST(NewClasses, TakeNoMoreThanTheyMay)
{
    const double found = offset(after(), 0.02);
    EXPECT_LT(found, 0.0);
    EXPECT_NEAR(taken(after(), found), 20, 1);
}

TEST(NewClasses, AreLeftAloneWhereTheyTakeLittle)
{
    EXPECT_EQ(offset(after(), 0.2), 0.0);
}

/// Of what they may cost, the other classes have used a part.
TEST(NewClasses, AreHeldShorterWhereTheOldOnesHaveLost)
{
    const Evaluation worse = [] {
        Evaluation result = after();
        for (int i = kFrames - 15; i < kFrames; ++i)
            result.logits.values[static_cast<std::size_t>(3 * i + 1)] = 1.0f; // taken for class 1
        return result;
    }();
    EXPECT_NEAR(taken(worse, offset(worse, 0.04)), 25, 1);
    EXPECT_NEAR(taken(worse, offset(worse, 0.008)), 2, 1); // a quarter
}

/// Class 0 is `unknown`. Thirty of its frames have the new class' logit 7 above theirs, as half of that class' own have.
TEST(NewClasses, WhatWasUnknownAndLooksLikeThemIsTakenForTheirs)
{
    Evaluation own;
    own.logits = { 3, { 0.0f, -1.0f, 7.0f, 0.0f, -1.0f, 20.0f, 0.0f, -1.0f, 1.0f } };
    own.labels = { 2, 2, 2 };
    const double found = offset_of_new_classes(before(), { 2, 0, after(), own, 0.02 });
    EXPECT_NEAR(taken(after(), found), 30 + 0.02 * (kFrames - 30), 1.5);
}

TEST(NewClasses, OfOtherFramesNothingCanBeSaid)
{
    Evaluation other = after();
    other.labels.back() = 1;
    test::expect_error([&] { offset(other, 0.01); }, "different frames");
}

} // namespace prunedamr::metrics
