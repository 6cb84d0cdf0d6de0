// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/receiver/return_watch.h"

#include <gtest/gtest.h>

namespace prunedamr::receiver {
namespace {

using stream::State;

constexpr int kDecisions = ReturnWatch::kBlock * ReturnWatch::kBlocks;

/// Decisions of which a fraction is unknown, with a mean confidence about `confidence`.
void feed(ReturnWatch& watch, int count, double unknown, double confidence, Rng& rng)
{
    for (int i = 0; i < count; ++i)
        watch.add(rng.chance(unknown) ? State::unknown : State::signal, std::clamp(confidence + 0.1 * rng.normal(), 0.0, 1.0));
}

ReturnWatch on_trial(double unknown, double confidence, Rng& rng, int decisions = kDecisions)
{
    ReturnWatch watch;
    feed(watch, decisions, unknown, confidence, rng);
    watch.begin(watch.blocks());
    return watch;
}

/// The first verdict, and after how many decisions.
std::pair<ReturnWatch::Verdict, int> judged(ReturnWatch& watch, double unknown, double confidence, Rng& rng)
{
    for (int decisions = 1; decisions <= 2 * kDecisions; ++decisions) {
        feed(watch, 1, unknown, confidence, rng);
        if (const auto verdict = watch.verdict())
            return { *verdict, decisions };
    }
    return { { false, "none" }, 0 };
}

TEST(ReturnWatch, AModelThatRejectsMuchMoreGoesBackAtTheFirstLook)
{
    Rng rng(1);
    auto watch = on_trial(0.1, 0.8, rng);
    const auto [verdict, decisions] = judged(watch, 0.9, 0.8, rng);
    EXPECT_TRUE(verdict.goes_back) << verdict.reason;
    EXPECT_EQ(decisions, kDecisions / ReturnWatch::kLooks);
    EXPECT_EQ(verdict.reason.find("unknown signals "), 0u) << verdict.reason;
}

TEST(ReturnWatch, ARiseBySixteenPointsIsFound)
{
    Rng rng(2);
    auto watch = on_trial(0.1, 0.8, rng);
    EXPECT_TRUE(judged(watch, 0.26, 0.8, rng).first.goes_back);
}

TEST(ReturnWatch, LessConfidenceIsAReason)
{
    Rng rng(3);
    auto watch = on_trial(0.1, 0.8, rng);
    const auto [verdict, decisions] = judged(watch, 0.1, 0.6, rng);
    EXPECT_TRUE(verdict.goes_back);
    EXPECT_EQ(verdict.reason.find("mean confidence "), 0u) << verdict.reason;
}

TEST(ReturnWatch, AModelThatDoesBetterStays)
{
    Rng rng(4);
    auto watch = on_trial(0.4, 0.6, rng);
    const auto [verdict, decisions] = judged(watch, 0.1, 0.9, rng);
    EXPECT_FALSE(verdict.goes_back);
    EXPECT_EQ(decisions, kDecisions);
}

/// Where nothing changes: at the stated rate of one in a thousand, four or more of 300 have a chance of 3e-4.
TEST(ReturnWatch, GoesBackByMistakeNoMoreOftenThanItSays)
{
    Rng rng(5);
    int returned = 0;
    for (int trial = 0; trial < 300; ++trial) {
        auto watch = on_trial(0.3, 0.7, rng);
        returned += judged(watch, 0.3, 0.7, rng).first.goes_back;
    }
    EXPECT_LT(returned, 4);
}

TEST(ReturnWatch, WithLittleBeforeItNothingIsTold)
{
    Rng rng(6);
    auto watch = on_trial(0.1, 0.8, rng, ReturnWatch::kBlock * (ReturnWatch::kLeastBefore - 1));
    const auto [verdict, decisions] = judged(watch, 1.0, 0.1, rng);
    EXPECT_FALSE(verdict.goes_back);
    EXPECT_EQ(decisions, kDecisions);
    EXPECT_NE(verdict.reason.find("too little"), std::string::npos);
}

TEST(ReturnWatch, NoiseDoesNotCountAndDriftIsEnough)
{
    Rng rng(7);
    auto watch = on_trial(0.1, 0.8, rng);
    for (int i = 0; i < 2 * kDecisions; ++i)
        watch.add(State::noise, 1.0);
    EXPECT_FALSE(watch.verdict());
    watch.note_drift("confidence of BPSK");
    EXPECT_TRUE(watch.verdict()->goes_back);
    watch.end();
    EXPECT_FALSE(watch.verdict());
}

/// All 10 ways to choose 2 of 5, by hand: sums of 9; of 8 and 9; of all.
TEST(PermutationChance, IsThatOfTheExactTest)
{
    EXPECT_NEAR(permutation_chance({ 1, 2, 3 }, { 4, 5 }), 0.1, 0.01);
    EXPECT_NEAR(permutation_chance({ 1, 2, 4 }, { 3, 5 }), 0.2, 0.01);
    EXPECT_NEAR(permutation_chance({ 4, 5, 3 }, { 1, 2 }), 1.0, 0.01);
    EXPECT_EQ(permutation_chance({ 0.1, 0.1, 0.1 }, { 0.1, 0.1 }), 1.0);
}

} // namespace
} // namespace prunedamr::receiver
