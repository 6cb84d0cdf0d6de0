// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/psr.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/graph/cost.h"

namespace prunedamr::prune {
namespace {

using Names = std::vector<std::string>;

/// stem; stage1.unit1..2; stage2.unit1..3; stage3.unit1..2: indices 0; 1, 2; 3, 4, 5; 6, 7.
graph::Network network()
{
    return toy_network({ 2, 3, 2 });
}

Names units_after(const graph::Network& original, const graph::PruningPlan& plan)
{
    Names names;
    for (const graph::Unit& unit : graph::apply(original, plan).units)
        names.push_back(unit.name);
    return names;
}

/// Whether a unit's conv weights are those of the original.
bool trained(const graph::Network& original, const graph::Network& pruned, const std::string& unit)
{
    const std::string tensor = unit + ".conv1.weight";
    return original.tensor(tensor).data == pruned.tensor(tensor).data;
}

} // namespace

TEST(Reassembly, KeptTransitionsStayTrained)
{
    const auto original = network();
    const auto plan = reassembly_plan(original, { 0, 2, 3, 6 }, 1);
    EXPECT_EQ(units_after(original, plan), (Names{ "stem", "stage1.unit2", "stage2.unit1", "stage3.unit1" }));
    EXPECT_TRUE(plan.reinitialize_units.empty());
    const auto pruned = graph::apply(original, plan);
    for (const char* unit : { "stage1.unit2", "stage2.unit1", "stage3.unit1" })
        EXPECT_TRUE(trained(original, pruned, unit)) << unit;
}

TEST(Reassembly, MissingTransitionStandsInForTheFirstKeptUnit)
{
    const auto original = network();
    const auto plan = reassembly_plan(original, { 1, 5, 7 }, 1);
    EXPECT_EQ(units_after(original, plan), (Names{ "stem", "stage1.unit1", "stage2.unit1", "stage3.unit1" }));
    EXPECT_EQ(plan.reinitialize_units, (Names{ "stage2.unit1", "stage3.unit1" }));
    const auto pruned = graph::apply(original, plan);
    EXPECT_TRUE(trained(original, pruned, "stage1.unit1"));
    EXPECT_FALSE(trained(original, pruned, "stage2.unit1"));
    EXPECT_FALSE(trained(original, pruned, "stage3.unit1"));
}

TEST(Reassembly, OfSeveralKeptOnlyTheFirstIsReplaced)
{
    const auto original = network();
    const auto plan = reassembly_plan(original, { 1, 2, 4, 5, 6, 7 }, 1);
    EXPECT_EQ(plan.remove_units, Names{ "stage2.unit2" });
    EXPECT_EQ(plan.reinitialize_units, Names{ "stage2.unit1" });
    EXPECT_TRUE(trained(original, graph::apply(original, plan), "stage2.unit3"));
}

TEST(Reassembly, EveryStageKeepsOneUnit)
{
    const auto original = network();
    for (const std::vector<int>& kept : { std::vector<int>{}, { 0 }, { 1 }, { 3 } }) {
        const auto plan = reassembly_plan(original, kept, 1);
        EXPECT_EQ(units_after(original, plan), (Names{ "stem", "stage1.unit1", "stage2.unit1", "stage3.unit1" }));
        EXPECT_TRUE(plan.reinitialize_units.empty());
    }
}

TEST(Reassembly, EverythingKeptChangesNothing)
{
    const auto original = network();
    const auto plan = reassembly_plan(original, { 7, 6, 5, 4, 3, 2, 1, 0 }, 1);
    EXPECT_TRUE(plan.remove_units.empty());
    EXPECT_TRUE(plan.reinitialize_units.empty());
}

TEST(Reassembly, GivesThePublishedPrunedNetwork)
{
    const auto original = graph::make_network(graph::zoo_config("resnet56", 128, 11));
    const auto kept = { unit_index(original, "stage1.unit5"), unit_index(original, "stage2.unit3"),
                        unit_index(original, "stage2.unit8"), unit_index(original, "stage3.unit6") };
    const auto pruned = graph::apply(original, reassembly_plan(original, kept, 1));
    EXPECT_EQ(graph::cost(pruned).params, 93'627); // [1,2,1]
}

} // namespace prunedamr::prune
