// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/psr.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/graph/cost.h"

#include <numeric>
#include <set>

namespace prunedamr::prune {
namespace {

PsrResult run_psr(const graph::Network& network, const std::string& budget, PsrConfig config = {})
{
    static const dataset::Dataset dataset = toy_dataset(400);
    return psr(network, dataset, parse_budget(budget, network), config);
}

void expect_sound(const graph::Network& network, const PsrResult& result, const std::string& budget)
{
    SCOPED_TRACE(budget);
    const auto pruned = graph::apply(network, result.plan);
    EXPECT_NO_THROW(graph::validate(pruned));
    EXPECT_TRUE(parse_budget(budget, network).met_by(pruned));
    std::set<int> stages;
    for (const graph::Unit& unit : pruned.units)
        stages.insert(unit.stage);
    for (const graph::Unit& unit : network.units)
        EXPECT_TRUE(stages.count(unit.stage)) << "stage " << unit.stage << " is empty";
    EXPECT_EQ(std::accumulate(result.block_sizes.begin(), result.block_sizes.end(), 0),
              static_cast<int>(network.units.size()));
    ASSERT_EQ(result.choices.size(), result.block_sizes.size());
    int first = 0;
    for (std::size_t b = 0; b < result.choices.size(); first += result.block_sizes[b++]) {
        ASSERT_FALSE(result.choices[b].kept.empty());
        EXPECT_GE(result.choices[b].kept.front(), first);
        EXPECT_LT(result.choices[b].kept.back(), first + result.block_sizes[b]);
    }
}

} // namespace

TEST(Psr, PlansAreSoundForEveryKindOfBudget)
{
    const auto network = toy_network({ 3, 2, 3 });
    for (const char* budget : { "units=4", "units=5", "units=9", "macs=60%", "params=70%", "bytes=50%" })
        expect_sound(network, run_psr(network, budget), budget);
    const auto compact = toy_network({ 2, 1, 2, 1 }, "amr_s");
    expect_sound(compact, run_psr(compact, "units=5"), "units=5");
}

TEST(Psr, StepsAreConsistent)
{
    const auto network = toy_network({ 3, 2, 3 });
    const auto result = run_psr(network, "units=6");
    ASSERT_EQ(result.similarity.size(), network.units.size());
    for (std::size_t i = 0; i < result.similarity.size(); ++i) {
        EXPECT_EQ(result.similarity[i][i], 1.0);
        EXPECT_NEAR(result.sums[i], std::accumulate(result.similarity[i].begin(), result.similarity[i].end(), 0.0),
                    1e-12);
        for (std::size_t j = 0; j < i; ++j) {
            EXPECT_EQ(result.similarity[i][j], result.similarity[j][i]);
            EXPECT_LT(std::abs(result.similarity[i][j]), 1.1);
        }
    }
    EXPECT_EQ(result.losses, fisher_losses(result.sums, 5));
    EXPECT_EQ(result.block_sizes, fisher_partition(result.sums, static_cast<int>(result.block_sizes.size())));
}

TEST(Psr, UsesTheUnitsThatTheBudgetAllows)
{
    const auto network = toy_network({ 3, 2, 3 });
    for (int units : { 6, 7, 8, 9 }) {
        PsrConfig config;
        config.blocks = 2;
        const auto pruned = graph::apply(network, run_psr(network, "units=" + std::to_string(units), config).plan);
        EXPECT_LE(static_cast<int>(pruned.units.size()), units);
        EXPECT_GE(static_cast<int>(pruned.units.size()), units - 1);
    }
}

TEST(Psr, SameSeedSamePlan)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto once = to_json(run_psr(network, "units=5"));
    EXPECT_EQ(to_json(run_psr(network, "units=5")), once);
    PsrConfig other;
    other.seed = 2;
    EXPECT_NE(to_json(run_psr(network, "units=5", other))["similarity"], once["similarity"]);
}

TEST(Psr, TextShowsEveryStep)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto result = run_psr(network, "units=5");
    const std::string text = to_text(result);
    for (const char* part : { "similarity", "row sums", "partition: ", "block 1: stem", "synflow",
                              "reassembly: ", "of 7 units stay: stem", "1.00", "stage3.unit2" })
        EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
    const auto deep = run_psr(toy_network({ 5, 5, 4 }), "units=4");
    const std::string shaded = to_text(deep);
    EXPECT_NE(shaded.find("@@"), std::string::npos) << shaded;
    EXPECT_EQ(to_json(result)["blocks"].size(), result.block_sizes.size());
}

TEST(Psr, RefusesTooFewFramesImpossibleBudgetsAndBlocks)
{
    const auto network = toy_network({ 2, 2, 2 });
    EXPECT_ERROR(psr(network, toy_dataset(200), parse_budget("units=5", network), {}),
                 "too few validation frames for 5 batches: found 30, expected at least 40");
    EXPECT_ERROR(run_psr(network, "units=3"), "budget cannot be met: found at least 4 units");
    PsrConfig config;
    config.blocks = 6;
    EXPECT_ERROR(run_psr(network, "units=4", config),
                 "budget cannot be met: found at least 6 units, expected the smallest with 6 blocks");
    config.blocks = 8;
    EXPECT_ERROR(run_psr(network, "units=4", config), "bad number of blocks: found 8, expected 1..7");
}

// Without it every choice would be the equal parts of some number of units.
TEST(Psr, UnitsThatStillFitAreAdded)
{
    const graph::Network network = toy_network({ 3, 3, 3 });
    int uneven = 0;
    for (int percent = 30; percent <= 95; percent += 5) {
        const std::string budget = "params=" + std::to_string(percent) + "%";
        const PsrResult result = run_psr(network, budget);
        expect_sound(network, result, budget);
        std::vector<int> keep;
        for (const BlockChoice& choice : result.choices)
            keep.push_back(static_cast<int>(choice.kept.size()));
        uneven += keep != distribute_units(result.block_sizes, std::accumulate(keep.begin(), keep.end(), 0));
    }
    EXPECT_GT(uneven, 0);
}

} // namespace prunedamr::prune
