// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/selection.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/prune/psr/psr.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace prunedamr::prune {
namespace {

constexpr std::uint64_t kSeed = 11;

void copy_unit(const graph::Network& from, graph::Network& to, int unit)
{
    for (const std::string& node : from.units[unit].nodes) {
        for (const char* part : { "weight", "bias", "running_mean", "running_var" }) {
            const std::string name = node + "." + part;
            if (from.tensors.count(name))
                to.tensors[name] = from.tensors.at(name);
        }
    }
}

/// The definition: every subset of the block, assembled by hand. `carried` is not drawn again if it is given.
BlockChoice plain_choice(const graph::Network& network, int first, int size, int keep, graph::Network* carried)
{
    std::vector<std::vector<int>> subsets;
    for (unsigned bits = 0; bits < 1U << size; ++bits) {
        std::vector<int> subset;
        for (int i = 0; i < size; ++i) {
            if (bits >> i & 1U)
                subset.push_back(first + i);
        }
        if (static_cast<int>(subset.size()) == keep)
            subsets.push_back(subset);
    }
    std::sort(subsets.begin(), subsets.end());
    BlockChoice best;
    best.score = std::numeric_limits<double>::infinity();
    best.combinations = static_cast<int>(subsets.size());
    for (const auto& subset : subsets) {
        graph::Network fresh = network;
        graph::initialize(fresh, fresh_seed(kSeed));
        graph::Network& copy = carried ? *carried : fresh;
        for (int unit : subset)
            copy_unit(network, copy, unit);
        const double score = synflow_score(copy, 8) * 16.0;
        if (score < best.score) {
            best.score = score;
            best.kept = subset;
        }
    }
    return best;
}

void expect_same(const BlockChoice& got, const BlockChoice& expected)
{
    EXPECT_EQ(got.kept, expected.kept);
    EXPECT_NEAR(got.score / expected.score, 1.0, 1e-9);
    EXPECT_EQ(got.combinations, expected.combinations);
}

} // namespace

TEST(ShareUnits, IsProportionalWithOnePerBlock)
{
    using Sizes = std::vector<int>;
    EXPECT_EQ(distribute_units({ 11, 6, 5, 6 }, 4), (Sizes{ 1, 1, 1, 1 }));
    EXPECT_EQ(distribute_units({ 11, 6, 5, 6 }, 5), (Sizes{ 2, 1, 1, 1 }));
    EXPECT_EQ(distribute_units({ 11, 6, 5, 6 }, 14), (Sizes{ 6, 3, 2, 3 }));
    EXPECT_EQ(distribute_units({ 11, 6, 5, 6 }, 28), (Sizes{ 11, 6, 5, 6 }));
    EXPECT_EQ(distribute_units({ 1, 1, 10 }, 4), (Sizes{ 1, 1, 2 }));
    EXPECT_EQ(distribute_units({ 7 }, 3), (Sizes{ 3 }));
    for (int kept = 3; kept <= 20; ++kept) {
        const auto counts = distribute_units({ 2, 17, 1 }, kept);
        EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), kept);
        EXPECT_EQ(counts[2], 1);
        EXPECT_LE(counts[0], 2);
    }
}

TEST(Selection, EqualsBruteForce)
{
    const auto network = toy_network({ 2, 2, 1 });
    Selection selection(network, { false, kSeed, "cpu" });
    const auto choices = selection.choose({ 4, 2 }, { 2, 1 });
    ASSERT_EQ(choices.size(), 2U);
    expect_same(choices[0], plain_choice(network, 0, 4, 2, nullptr));
    expect_same(choices[1], plain_choice(network, 4, 2, 1, nullptr));
    EXPECT_EQ(choices[0].combinations, 6);
    // A second request is answered alike, whatever was asked between.
    selection.choose({ 3, 3 }, { 1, 1 });
    EXPECT_EQ(selection.choose({ 4, 2 }, { 2, 1 })[0].kept, choices[0].kept);
}

TEST(Selection, PaperRuleCarriesTheCopyOn)
{
    const auto network = toy_network({ 2, 2, 1 });
    Selection selection(network, { true, kSeed, "cpu" });
    for (int again = 0; again < 2; ++again) {
        const auto choices = selection.choose({ 3, 3 }, { 1, 1 });
        graph::Network carried = network;
        graph::initialize(carried, fresh_seed(kSeed));
        expect_same(choices[0], plain_choice(network, 0, 3, 1, &carried));
        expect_same(choices[1], plain_choice(network, 3, 3, 1, &carried));
    }
}

TEST(Selection, TiesGoToTheFirst)
{
    // Units that are as untrained as the copy itself cannot differ in score.
    auto network = toy_network({ 3, 1, 1 });
    graph::initialize(network, fresh_seed(kSeed));
    Selection selection(network, { false, kSeed, "cpu" });
    EXPECT_EQ(selection.choose({ 4, 2 }, { 2, 1 })[0].kept, (std::vector<int>{ 0, 1 }));
}

TEST(Selection, RefusesTooManyCombinationsNamingTheBlock)
{
    const auto network = toy_network({ 10, 10, 2 });
    Selection selection(network, { false, kSeed, "cpu" });
    EXPECT_ERROR(selection.choose({ 2, 21 }, { 1, 10 }),
                 "block 2 of 2: too many combinations: found 10 of 21 units, expected at most 200000");
}

} // namespace prunedamr::prune
