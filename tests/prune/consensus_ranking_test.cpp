// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/consensus.h"

#include "prunedamr/base/rng.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace prunedamr::prune {
namespace {

using Values = std::vector<double>;

UnitRanking ranking_of(const std::vector<Values>& distances)
{
    UnitRanking ranking;
    for (std::size_t u = 0; u < distances[0].size(); ++u)
        ranking.units.push_back("unit" + std::to_string(u));
    ranking.distances = distances;
    add_ranks(ranking);
    return ranking;
}

} // namespace

TEST(Ranking, TiesShareTheMeanOfTheirRanks)
{
    EXPECT_EQ(average_ranks({ 0.3, 0.1, 0.2 }), (Values{ 3, 1, 2 }));
    EXPECT_EQ(average_ranks({ 5, 1, 5, 0, 5 }), (Values{ 4, 2, 4, 1, 4 }));
    EXPECT_EQ(average_ranks({ 7, 7 }), (Values{ 1.5, 1.5 }));
    EXPECT_EQ(average_ranks({ 2 }), (Values{ 1 }));
    EXPECT_TRUE(average_ranks({}).empty());
}

TEST(Ranking, ConsensusIsTheSumOfRanks)
{
    const auto ranking = ranking_of({ { 0.3, 0.1, 0.2 }, { 10, 30, 20 }, { 1, 1, 2 } });
    EXPECT_EQ(ranking.ranks[2], (Values{ 1.5, 1.5, 3 }));
    EXPECT_EQ(ranking.consensus, (Values{ 3 + 1 + 1.5, 1 + 3 + 1.5, 2 + 2 + 3 }));
}

TEST(Ranking, SpearmanWithoutTiesIsTheClosedForm)
{
    Rng rng(2);
    for (const std::size_t n : { 2U, 3U, 17U, 101U }) {
        Values a(n), b(n);
        for (std::size_t i = 0; i < n; ++i) {
            a[i] = rng.normal();
            b[i] = a[i] + rng.normal();
        }
        const Values p = average_ranks(a), q = average_ranks(b);
        double squares = 0.0;
        for (std::size_t i = 0; i < n; ++i)
            squares += (p[i] - q[i]) * (p[i] - q[i]);
        const auto count = static_cast<double>(n);
        EXPECT_NEAR(spearman(a, b), 1.0 - 6.0 * squares / (count * (count * count - 1.0)), 1e-12) << n;
    }
    EXPECT_DOUBLE_EQ(spearman({ 1, 2, 3 }, { 2, 4, 100 }), 1.0);
    EXPECT_DOUBLE_EQ(spearman({ 1, 2, 3 }, { 3, 2, 1 }), -1.0);
    EXPECT_NEAR(spearman({ 1, 2, 2, 3 }, { 1, 3, 2, 4 }), 4.5 / std::sqrt(4.5 * 5.0), 1e-12) << "one tie, by hand";
    EXPECT_TRUE(std::isnan(spearman({ 1, 1 }, { 1, 2 })));
}

TEST(Ranking, StabilityIsTheMeanOverPairsOfSets)
{
    // The first distance agrees everywhere; the second is turned round on the third set, and constant on the
    // fourth.
    const std::vector<UnitRanking> rankings = { ranking_of({ { 1, 2, 3 }, { 1, 2, 3 } }),
                                                ranking_of({ { 5, 6, 7 }, { 1, 2, 3 } }),
                                                ranking_of({ { 1, 2, 9 }, { 3, 2, 1 } }),
                                                ranking_of({ { 1, 2, 3 }, { 4, 4, 4 } }) };
    const auto stability = stability_of(rankings, 99);
    EXPECT_EQ(stability.sets, 4);
    EXPECT_EQ(stability.frames, 99);
    EXPECT_DOUBLE_EQ(stability.singles[0], 1.0);
    EXPECT_DOUBLE_EQ(stability.singles[1], (1.0 - 1.0 - 1.0) / 3.0) << "pairs with the constant one do not count";
    EXPECT_EQ(stability.best_single(), 0);
    EXPECT_DOUBLE_EQ(stability.consensus, 1.0) << "where both cancel out nothing can be said";
    EXPECT_TRUE(std::isnan(stability_of({ rankings[0] }, 9).consensus));
    EXPECT_EQ(stability_of({ rankings[0] }, 9).best_single(), -1);
}

} // namespace prunedamr::prune
