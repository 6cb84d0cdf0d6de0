// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/distances.h"

#include "prunedamr/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace prunedamr::prune {
namespace {

double total_gain(const std::vector<double>& gain, const std::vector<int>& columns)
{
    double sum = 0.0;
    for (std::size_t row = 0; row < columns.size(); ++row)
        sum += gain[row * columns.size() + static_cast<std::size_t>(columns[row])];
    return sum;
}

} // namespace

TEST(Assignment, IsTheBestOfAllPermutations)
{
    Rng rng(3);
    for (int trial = 0; trial < 60; ++trial) {
        const int n = 1 + trial % 7;
        std::vector<double> gain(static_cast<std::size_t>(n * n));
        for (double& value : gain) // every third matrix is full of ties
            value = trial % 3 == 0 ? static_cast<double>(rng.integer(-2, 2)) : rng.normal();
        std::vector<int> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), 0);
        double best = -1e9;
        do
            best = std::max(best, total_gain(gain, order));
        while (std::next_permutation(order.begin(), order.end()));
        std::vector<int> found = best_assignment(gain, n);
        EXPECT_NEAR(total_gain(gain, found), best, 1e-12) << n;
        std::sort(found.begin(), found.end());
        EXPECT_EQ(found, order) << "each column once (the last permutation has come round to the first)";
    }
    EXPECT_TRUE(best_assignment({}, 0).empty());
}

TEST(Assignment, FindsAHiddenPermutationOfManyColumns)
{
    constexpr int kSize = 211;
    Rng rng(5);
    std::vector<double> gain(kSize * kSize);
    for (double& value : gain)
        value = rng.uniform();
    for (int row = 0; row < kSize; ++row)
        gain[static_cast<std::size_t>(row * kSize + (row * 17 + 5) % kSize)] += 1.0;
    const auto found = best_assignment(gain, kSize);
    for (int row = 0; row < kSize; ++row)
        EXPECT_EQ(found[static_cast<std::size_t>(row)], (row * 17 + 5) % kSize);
}

} // namespace prunedamr::prune
