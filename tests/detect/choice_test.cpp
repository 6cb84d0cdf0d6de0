// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/choice.h"

#include <gtest/gtest.h>

#include <vector>

namespace prunedamr::detect {
namespace {

Proposal box(double start, double end, double low, double high, float score)
{
    Proposal p;
    p.start = start;
    p.end = end;
    p.low = low;
    p.high = high;
    p.density = 1.0f;
    p.score = score;
    return p;
}

std::vector<int> chosen_of(const std::vector<Proposal>& proposals, float min_score)
{
    Choice choice(static_cast<int>(proposals.size()));
    const int count = choice.choose(proposals.data(), static_cast<int>(proposals.size()), min_score);
    return { choice.chosen(), choice.chosen() + count };
}

TEST(Choice, TheBestOfThoseThatOverlapAndAllThatStandApart)
{
    const std::vector<Proposal> proposals = {
        box(0, 100, 0.0, 0.1, 1.0f),  // the best of its place
        box(10, 90, 0.0, 0.1, 0.5f),  // within it
        box(0, 100, 0.09, 0.3, 0.4f), // shares a tenth of the smaller one
        box(200, 300, 0.0, 0.1, 0.2f),
        box(400, 500, 0.0, 0.1, -0.1f),
    };
    EXPECT_EQ(chosen_of(proposals, 0.0f), (std::vector<int>{ 0, 2, 3 }));
    EXPECT_EQ(chosen_of(proposals, -1.0f), (std::vector<int>{ 0, 2, 3, 4 }));
    EXPECT_TRUE(chosen_of(proposals, 2.0f).empty());
}

TEST(Choice, EqualScoresAreTakenInTheirOrder)
{
    const std::vector<Proposal> proposals = { box(0, 100, 0.0, 0.1, 1.0f), box(0, 100, 0.0, 0.11, 1.0f) };
    EXPECT_EQ(chosen_of(proposals, 0.0f), (std::vector<int>{ 0 }));
}

TEST(Choice, TellsEachProposalOfItsRivals)
{
    std::vector<Proposal> p = {
        box(0, 100, 0.0, 0.1, 1.0f),  // holds the next two, its parts
        box(0, 30, 0.0, 0.1, 3.0f),
        box(60, 100, 0.0, 0.1, 2.0f),
        box(0, 100, 0.0, 0.12, -1.0f), // nearly the first
        box(0, 100, 0.05, 0.25, -2.0f), // crosses it
    };
    Choice choice(static_cast<int>(p.size()));
    choice.describe_rivals(p.data(), static_cast<int>(p.size()));
    EXPECT_EQ(p[0].features[kScore], 1.0f);
    EXPECT_EQ(p[0].features[kBestTwin], -1.0f);
    EXPECT_EQ(p[0].features[kBestInner], 3.0f);
    EXPECT_EQ(p[0].features[kBestCrossing], -2.0f);
    EXPECT_EQ(p[0].features[kParts], 2.0f);
    EXPECT_FLOAT_EQ(p[0].features[kPartsScore], 2.5f);
    EXPECT_FLOAT_EQ(p[0].features[kPartsPower], 0.7f);
    EXPECT_FLOAT_EQ(p[0].features[kPartsTime], 0.35f);
    EXPECT_FLOAT_EQ(p[0].features[kPartsBand], 1.0f);
    EXPECT_EQ(p[1].features[kBestOuter], 1.0f);
    EXPECT_FLOAT_EQ(p[1].features[kOuterParts], 2.5f);
    EXPECT_EQ(p[1].features[kParts], 0.0f);
    EXPECT_LT(p[1].features[kBestTwin], -10.0f);
}

} // namespace
} // namespace prunedamr::detect
