// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/partition.h"

#include "tests/graph/networks.h"

#include "prunedamr/base/rng.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace prunedamr::prune {
namespace {

double deviation(const std::vector<double>& values, int begin, int end)
{
    const double mean = std::accumulate(values.begin() + begin, values.begin() + end, 0.0) / (end - begin);
    double sum = 0.0;
    for (int t = begin; t < end; ++t)
        sum += (values[t] - mean) * (values[t] - mean);
    return sum;
}

double loss_of(const std::vector<double>& values, const std::vector<int>& sizes)
{
    double loss = 0.0;
    int begin = 0;
    for (int size : sizes) {
        loss += deviation(values, begin, begin + size);
        begin += size;
    }
    return loss;
}

/// The least loss over every set of borders, each written as the bits of a number.
double exhaustive_loss(const std::vector<double>& values, int blocks)
{
    const int count = static_cast<int>(values.size());
    double lowest = std::numeric_limits<double>::infinity();
    for (unsigned borders = 0; borders < 1U << (count - 1); ++borders) {
        std::vector<int> sizes{ 1 };
        for (int t = 1; t < count; ++t) {
            if (borders >> (t - 1) & 1U)
                sizes.push_back(1);
            else
                ++sizes.back();
        }
        if (static_cast<int>(sizes.size()) == blocks)
            lowest = std::min(lowest, loss_of(values, sizes));
    }
    return lowest;
}

std::vector<double> random_values(int count, std::uint64_t seed)
{
    Rng rng(seed);
    std::vector<double> values;
    for (int i = 0; i < count; ++i)
        values.push_back(rng.normal());
    return values;
}

std::vector<double> plateaus(const std::vector<int>& sizes, const std::vector<double>& levels, double spread)
{
    Rng rng(7);
    std::vector<double> values;
    for (std::size_t b = 0; b < sizes.size(); ++b) {
        for (int i = 0; i < sizes[b]; ++i)
            values.push_back(levels[b] + spread * rng.uniform(-1.0, 1.0));
    }
    return values;
}

} // namespace

TEST(Partition, IsTheBestOfAllSegmentations)
{
    for (int count = 1; count <= 10; ++count) {
        for (std::uint64_t seed = 1; seed <= 8; ++seed) {
            const auto values = random_values(count, seed);
            const auto losses = fisher_losses(values, count);
            for (int blocks = 1; blocks <= count; ++blocks) {
                SCOPED_TRACE(testing::Message()
                             << count << " values, seed " << seed << ", " << blocks << " blocks");
                const auto sizes = fisher_partition(values, blocks);
                const double best = exhaustive_loss(values, blocks);
                ASSERT_EQ(static_cast<int>(sizes.size()), blocks);
                EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), 0), count);
                EXPECT_NEAR(loss_of(values, sizes), best, 1e-12);
                EXPECT_NEAR(losses[blocks - 1], best, 1e-12);
            }
        }
    }
}

TEST(Partition, LossesNeverRiseWithMoreBlocksAndEndAtZero)
{
    const auto values = random_values(55, 3);
    const auto losses = fisher_losses(values, 55);
    for (std::size_t k = 1; k < losses.size(); ++k)
        EXPECT_LE(losses[k], losses[k - 1]);
    EXPECT_NEAR(losses.back(), 0.0, 1e-12);
}

TEST(Partition, FindsPlateausOfThePublishedSizes)
{
    const std::vector<int> resnet56{ 11, 6, 5, 6 };
    for (double spread : { 0.0, 0.2 }) {
        const auto values = plateaus(resnet56, { 12.3, 18.7, 15.1, 9.4 }, spread);
        EXPECT_EQ(fisher_partition(values, 4), resnet56);
        EXPECT_EQ(choose_blocks(values, 4), 4);
    }
    const std::vector<int> resnet110{ 13, 25, 17 };
    EXPECT_EQ(fisher_partition(plateaus(resnet110, { 30.0, 41.0, 35.0 }, 0.5), 3), resnet110);
}

TEST(Partition, RoundingIsNotStructure)
{
    const auto values = plateaus({ 11, 6, 5, 6 }, { 12.3, 18.7, 15.1, 9.4 }, 0.0);
    EXPECT_EQ(choose_blocks(values, 28), 4);
    EXPECT_EQ(choose_blocks(std::vector<double>(28, 0.3), 28), 1);
}

TEST(Partition, ChoosesTheLargestNumberWithEnoughDrop)
{
    // L(1) is about 38, L(2) = 1/6 + 1/6 (drop 99 %), L(3) = 1/6 (50 %), L(4) = 0 (100 %).
    const std::vector<double> values{ 0.0, 0.0, 0.5, 5.0, 5.0, 5.5 };
    EXPECT_EQ(choose_blocks(values, 6), 4);
    EXPECT_EQ(choose_blocks(values, 3), 3);
    EXPECT_EQ(choose_blocks(values, 3, 0.6), 2);
    EXPECT_EQ(choose_blocks(values, 1), 1);
    // The last large drop counts even where one before it was small.
    const std::vector<double> late{ 0.0, 1.0, 0.0, 1.0 };
    const auto losses = fisher_losses(late, 4);
    EXPECT_LT((losses[0] - losses[1]) / losses[0], 0.4);
    EXPECT_EQ(choose_blocks(late, 4, 0.4), 4);
}

TEST(Partition, PaperCodeWalksBackByLossNotByArgmin)
{
    // L(3,2) = 0.5 from {0, 1} {5}; but L(2,1) = 0.5 is not below it, so the walk goes on to L(1,1) = 0.
    EXPECT_EQ(fisher_partition({ 0.0, 1.0, 5.0 }, 2), (std::vector<int>{ 2, 1 }));
    EXPECT_EQ(fisher_partition({ 0.0, 1.0, 5.0 }, 2, PartitionRule::paper_code), (std::vector<int>{ 1, 2 }));
    // Nothing is below a loss of zero: one block remains of two.
    EXPECT_EQ(fisher_partition({ 1.0, 1.0, 2.0 }, 2, PartitionRule::paper_code), (std::vector<int>{ 3 }));
    // Both rules agree where the last block has a deviation of its own.
    EXPECT_EQ(fisher_partition({ 0.0, 0.1, 5.0, 5.5 }, 2, PartitionRule::paper_code), (std::vector<int>{ 2, 2 }));
}

TEST(Partition, EqualRunsDifferByOneAtMost)
{
    using Sizes = std::vector<int>;
    const auto equal = [](int units, int blocks) {
        return partition(std::vector<double>(units, 0.0), blocks, PartitionRule::equal, 1);
    };
    EXPECT_EQ(equal(28, 4), (Sizes{ 7, 7, 7, 7 }));
    EXPECT_EQ(equal(28, 5), (Sizes{ 6, 6, 6, 5, 5 }));
    EXPECT_EQ(equal(3, 3), (Sizes{ 1, 1, 1 }));
    EXPECT_EQ(equal(1, 1), (Sizes{ 1 }));
}

TEST(Partition, RandomBordersAreEquallyLikely)
{
    std::map<std::vector<int>, int> seen;
    constexpr int kDraws = 3000;
    for (int seed = 0; seed < kDraws; ++seed)
        ++seen[partition(std::vector<double>(5, 0.0), 3, PartitionRule::random, seed)];
    EXPECT_EQ(seen.size(), 6U); // borders: 2 of 4
    for (const auto& [sizes, count] : seen) {
        EXPECT_EQ(std::accumulate(sizes.begin(), sizes.end(), 0), 5);
        EXPECT_NEAR(count, kDraws / 6, 100); // 4.9 standard deviations
    }
    EXPECT_EQ(partition({ 1.0, 2.0 }, 1, PartitionRule::random, 3), std::vector<int>{ 2 });
    EXPECT_EQ(partition({ 1.0, 1.1, 5.0 }, 2, PartitionRule::optimal, 3), (std::vector<int>{ 2, 1 }));
}

TEST(Partition, RefusesBadNumbersOfBlocks)
{
    for (const PartitionRule rule : { PartitionRule::equal, PartitionRule::random, PartitionRule::optimal })
        EXPECT_ERROR(partition({ 1.0, 2.0 }, 3, rule, 1), "bad number of blocks: found 3, expected 1..2");
    EXPECT_ERROR(fisher_partition({ 1.0, 2.0 }, 3), "partition: bad number of blocks: found 3, expected 1..2");
    EXPECT_ERROR(fisher_partition({ 1.0, 2.0 }, 0), "found 0");
    EXPECT_ERROR(fisher_losses({}, 1), "bad number of blocks");
    EXPECT_ERROR(partition_rule("best"), "unknown partition rule");
    EXPECT_EQ(partition_rule("paper-code"), PartitionRule::paper_code);
    EXPECT_EQ(fisher_partition({ 4.0 }, 1), std::vector<int>{ 1 });
}

} // namespace prunedamr::prune
