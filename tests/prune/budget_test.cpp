// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/budget.h"

#include "prune/prune_testing.h"

#include "prunedamr/graph/cost.h"
#include "prunedamr/prune/baselines.h"
#include "prunedamr/prune/reassembly.h"

#include <cmath>
#include <set>

namespace prunedamr::prune {

TEST(Budget, ParsesQuantitiesSuffixesAndPercentages)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto cost = graph::cost(network);
    EXPECT_EQ(parse_budget("units=4", network).limit, 4.0);
    EXPECT_EQ(parse_budget("units=50%", network).limit, 3.5);
    EXPECT_EQ(parse_budget("params=1.5k", network).limit, 1500.0);
    EXPECT_EQ(parse_budget("bytes=2M", network).limit, 2e6);
    EXPECT_DOUBLE_EQ(parse_budget("macs=10%", network).limit, 0.1 * static_cast<double>(cost.macs));
    EXPECT_EQ(parse_budget("macs=10%", network).text, "macs=10%");
    EXPECT_TRUE(parse_budget("params=" + std::to_string(cost.params), network).met_by(network));
    EXPECT_FALSE(parse_budget("params=" + std::to_string(cost.params - 1), network).met_by(network));
    EXPECT_TRUE(parse_budget("bytes=100%", network).met_by(network));
    EXPECT_FALSE(parse_budget("units=6", network).met_by(network));
}

TEST(Budget, RefusesWhatItDoesNotKnow)
{
    const auto network = toy_network({ 1, 1, 1 });
    for (const char* text : { "", "units", "flops=3", "=3", "Units=3" })
        EXPECT_ERROR(parse_budget(text, network), "unknown budget");
    for (const char* text :
         { "macs=", "macs=k", "macs=10x", "macs=-5", "macs=0", "macs=nan", "macs=1e999", "macs=5 %" })
        EXPECT_ERROR(parse_budget(text, network), "bad limit");
}

TEST(Budget, UnitCostsPredictTheRewrittenNetwork)
{
    for (const char* arch : { "resnet56", "amr_s" }) {
        const auto network = toy_network(
            arch == std::string("amr_s") ? std::vector<int>{ 2, 2, 1, 2 } : std::vector<int>{ 2, 3, 2 }, arch);
        const auto plan = reassembly_plan(network, { 2, 4, 7 }, 1);
        const auto cost = graph::cost(graph::apply(network, plan));
        EXPECT_EQ(UnitCosts(network, Budget::Quantity::params).after(plan), static_cast<double>(cost.params))
            << arch;
        EXPECT_EQ(UnitCosts(network, Budget::Quantity::macs).after(plan), static_cast<double>(cost.macs)) << arch;
        EXPECT_EQ(UnitCosts(network, Budget::Quantity::bytes).after(plan), static_cast<double>(cost.bytes)) << arch;
        EXPECT_EQ(UnitCosts(network, Budget::Quantity::units).after(plan),
                  static_cast<double>(network.units.size() - plan.remove_units.size()));
    }
}

TEST(Budget, SaysTheSmallestReachable)
{
    const auto network = toy_network({ 3, 3, 3 });
    EXPECT_ERROR(check_reachable(network, parse_budget("units=3", network)),
                 "budget units=3: budget cannot be met: found 3, expected at least 4 units");
    const auto smallest = graph::cost(graph::apply(network, reassembly_plan(network, {}, 1))).params;
    EXPECT_ERROR(check_reachable(network, parse_budget("params=5", network)),
                 "at least " + std::to_string(smallest) + " params");
    EXPECT_NO_THROW(check_reachable(network, parse_budget("params=" + std::to_string(smallest), network)));
}

TEST(Baselines, RemoveNoMoreThanTheBudgetAsks)
{
    const auto network = toy_network({ 3, 3, 3 });
    const auto random_plan = [&](const Budget& budget) { return random_layers(network, budget, 3); };
    const auto l1_plan = [&](const Budget& budget) { return l1_layers(network, budget, 3); };
    for (const auto& make : { std::function<graph::Plan(const Budget&)>(random_plan), { l1_plan } }) {
        for (int units = 10; units >= 4; --units) {
            const auto pruned =
                graph::apply(network, make(parse_budget("units=" + std::to_string(units), network)));
            EXPECT_EQ(static_cast<int>(pruned.units.size()), units);
        }
        const Budget half = parse_budget("macs=50%", network);
        EXPECT_TRUE(half.met_by(graph::apply(network, make(half))));
        EXPECT_ERROR(make(parse_budget("units=3", network)), "at least 4 units");
    }
}

TEST(Baselines, L1RemovesTheUnitOfLeastWeight)
{
    auto network = toy_network({ 3, 3, 3 });
    for (const char* conv : { ".conv1.weight", ".conv2.weight" }) {
        for (float& weight : network.tensors.at(std::string("stage2.unit3") + conv).data)
            weight *= 0.01F;
    }
    const auto plan = l1_layers(network, parse_budget("units=9", network), 1);
    EXPECT_EQ(plan.remove_units, std::vector<std::string>{ "stage2.unit3" });
}

TEST(Baselines, RandomDependsOnTheSeedOnly)
{
    const auto network = toy_network({ 3, 3, 3 });
    const Budget budget = parse_budget("units=6", network);
    std::set<std::vector<std::string>> plans;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const auto plan = random_layers(network, budget, seed);
        EXPECT_EQ(plan.remove_units, random_layers(network, budget, seed).remove_units);
        plans.insert(plan.remove_units);
    }
    EXPECT_GT(plans.size(), 3U);
}

} // namespace prunedamr::prune
