// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/trace_ratio.h"

#include "prunedamr/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::prune {
namespace {

Scatter random_scatter(int channels, Rng& rng)
{
    Scatter scatter;
    for (int k = 0; k < channels; ++k) {
        const bool dead = rng.chance(0.1);
        scatter.between.push_back(dead ? 0.0 : rng.log_uniform(1e-3, 1e3));
        scatter.within.push_back(dead ? 0.0 : rng.log_uniform(1e-2, 1e4));
    }
    return scatter;
}

/// Largest ratio of all sets of a size that take channels without scatter only where others do not suffice.
double best_by_enumeration(const Scatter& scatter, int size)
{
    const auto channels = static_cast<int>(scatter.between.size());
    const auto live = static_cast<int>(
        std::count_if(scatter.within.begin(), scatter.within.end(), [](double within) { return within > 0.0; }));
    double best = 0.0;
    for (int bits = 0; bits < (1 << channels); ++bits) {
        double between = 0.0, within = 0.0;
        int count = 0, dead = 0;
        for (int k = 0; k < channels; ++k)
            if (bits & (1 << k)) {
                between += scatter.between[static_cast<std::size_t>(k)];
                within += scatter.within[static_cast<std::size_t>(k)];
                ++count;
                dead += scatter.within[static_cast<std::size_t>(k)] > 0.0 ? 0 : 1;
            }
        if (count == size && dead == std::max(0, size - live) && within > 0.0)
            best = std::max(best, between / within);
    }
    return best;
}

} // namespace

TEST(TraceRatio, IsTheLargestOfAllSetsOfItsSize)
{
    Rng rng(11);
    for (int repeat = 0; repeat < 60; ++repeat) {
        const int channels = static_cast<int>(rng.integer(1, 9));
        const Scatter scatter = random_scatter(channels, rng);
        for (int size = 1; size <= channels; ++size) {
            const TraceRatioSet found = largest_trace_ratio(scatter, size);
            ASSERT_EQ(static_cast<int>(found.set.size()), size);
            EXPECT_TRUE(std::is_sorted(found.set.begin(), found.set.end()));
            EXPECT_EQ(found.ratio, trace_ratio(scatter, found.set));
            const double best = best_by_enumeration(scatter, size);
            EXPECT_NEAR(found.ratio, best, 1e-12 * best) << "repeat " << repeat << ", size " << size;
        }
    }
}

TEST(TraceRatio, OfASetIsNotThatOfItsBestChannels)
{
    // By their own ratios channels 0 and 1 are best; together with 0, the quiet channel 2 is better than 1.
    const Scatter scatter{ { 10.0, 90.0, 0.9 }, { 10.0, 100.0, 1.1 } };
    EXPECT_EQ(largest_trace_ratio(scatter, 2).set, (std::vector<int>{ 0, 2 }));
}

TEST(TraceRatio, ConvergesInFewSteps)
{
    Rng rng(5);
    const Scatter scatter = random_scatter(4096, rng);
    for (const int size : { 1, 17, 2048, 4096 })
        EXPECT_LE(largest_trace_ratio(scatter, size).iterations, 12) << size;
}

TEST(TraceRatio, ChannelsWithoutScatterAreNoTrouble)
{
    const Scatter none{ { 0.0, 0.0, 0.0 }, { 0.0, 0.0, 0.0 } };
    EXPECT_EQ(largest_trace_ratio(none, 2).set, (std::vector<int>{ 0, 1 }));
    EXPECT_EQ(largest_trace_ratio(none, 2).ratio, 0.0);
    const Scatter perfect{ { 1.0, 2.0 }, { 1.0, 0.0 } }; // no scatter within classes
    EXPECT_EQ(largest_trace_ratio(perfect, 1).set, std::vector<int>{ 1 });
    EXPECT_TRUE(std::isfinite(largest_trace_ratio(perfect, 1).ratio));
    EXPECT_EQ(largest_trace_ratio(perfect, 2).ratio, 3.0);
}

} // namespace prunedamr::prune
