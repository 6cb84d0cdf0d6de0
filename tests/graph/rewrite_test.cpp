// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_json.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/reference.h"

#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::graph {
namespace {

constexpr double kRounding = 1e-6;

double difference(const Network& expected, const Network& got)
{
    const auto frames = noise_frames(expected, 3, 7);
    return relative_error(run_reference(expected, frames), run_reference(got, frames));
}

/// Removes all but the first `keep[s]` units of each stage.
PruningPlan shorten(const Network& network, const std::vector<int>& keep)
{
    PruningPlan plan;
    std::vector<int> seen(keep.size(), 0);
    for (const Unit& unit : network.units)
        if (unit.stage > 0 && ++seen[unit.stage - 1] > keep[unit.stage - 1])
            plan.remove_units.push_back(unit.name);
    return plan;
}

TEST(RemoveUnit, EqualsTheNetworkWithThatUnitsBranchAtZero)
{
    const Network network = residual_net();
    for (const Unit& unit : network.units) {
        if (!unit.removable || unit.transition)
            continue;
        Network masked = network;
        for (const char* part : { ".bn2.weight", ".bn2.bias" })
            for (float& value : masked.tensors.at(unit.name + part).data)
                value = 0.0F;
        const Network pruned = remove_unit(network, unit.name);
        EXPECT_EQ(pruned.units.size(), network.units.size() - 1);
        EXPECT_LT(difference(masked, pruned), kRounding) << unit.name;
        EXPECT_GT(difference(network, pruned), 1e-3) << unit.name;
    }
}

TEST(RemoveUnit, PublishedCostsOfPrunedNetworksHoldToTheDigit)
{
    const Network small = apply(make_network(zoo_config("resnet56", 128, 11)),
                                shorten(make_network(zoo_config("resnet56", 128, 11)), { 1, 2, 1 }));
    EXPECT_EQ(cost(small).params, 93'627);
    EXPECT_NEAR(cost(small).paper_flops / 1e6, 5.100, 0.0005);
    const Network deep = make_network(zoo_config("resnet110", 128, 11));
    const Network pruned = apply(deep, shorten(deep, { 1, 1, 2 }));
    EXPECT_EQ(cost(pruned).params, 149'051);
    EXPECT_NEAR(cost(pruned).paper_flops / 1e6, 6.280, 0.0005);
    const Network wide = make_network(zoo_config("resnet56", 512, 12));
    const Network least = apply(wide, shorten(wide, { 1, 1, 1 }));
    EXPECT_EQ(cost(least).params, 75'132);
    EXPECT_NEAR(cost(least).paper_flops / 1e6, 15.65, 0.005);
}

TEST(RemoveUnit, GivesTheSameNetworkAsBuildingItShort)
{
    const Network whole = make_network(zoo_config("amr_s", 64, 3));
    const Network built = make_network(zoo_config("amr_s", 64, 3, { 1, 2, 1, 1 }));
    const Network pruned = apply(whole, shorten(whole, { 1, 2, 1, 1 }));
    EXPECT_EQ(to_json(pruned), to_json(built));
    EXPECT_EQ(difference(built, pruned), 0.0); // initial weights depend on seed and name only
}

TEST(RemoveUnit, RefusesWhatCannotBeRemoved)
{
    const Network network = residual_net();
    EXPECT_ERROR(remove_unit(network, "stem"), "unit 'stem': unit is not removable");
    EXPECT_ERROR(remove_unit(network, "stage9"), "unit 'stage9': no such unit");
    EXPECT_ERROR(
        remove_unit(network, "stage2.unit1"),
        "unit 'stage2.unit1': unit changes the shape and cannot be removed: found [16, 2, 21] -> [32, 1, 11]");
}

TEST(Apply, CarriesOutTheWholePlan)
{
    Network network = residual_net();
    const Network before = network;
    PruningPlan plan;
    plan.remove_units = { "stage1.unit2" };
    plan.reinitialize_units = { "stage2.unit1" };
    plan.keep_channels = { { "stage1.unit1.conv1", { 0, 3, 15 } }, { "stage2.unit1.conv1", { 1 } } };
    plan.seed = 5;
    const Network pruned = apply(network, plan);
    EXPECT_EQ(pruned.node("stage1.unit1.conv1").out_channels, 3);
    EXPECT_EQ(pruned.tensor("stage2.unit1.conv1.weight").shape, (std::vector<std::int64_t>{ 1, 16, 3, 3 }));
    EXPECT_EQ(pruned.tensor("stage2.unit1.bn1.weight").data, std::vector<float>{ 1.0F });
    EXPECT_EQ(pruned.tensor("stage2.unit2.conv1.weight").data, network.tensor("stage2.unit2.conv1.weight").data);
    EXPECT_EQ(difference(apply(network, plan), pruned), 0.0);
    EXPECT_EQ(to_json(before), to_json(network));
}

TEST(Apply, AnEmptyPlanChangesNothing)
{
    for (const Network& network : all_nets())
        EXPECT_EQ(difference(network, apply(network, {})), 0.0) << name_of(network);
}

TEST(Apply, NamesWhatItDoesNotKnow)
{
    const Network network = residual_net();
    PruningPlan remove, draw, thin, both;
    remove.remove_units = { "stage1.unit2", "stage7.unit1" };
    draw.reinitialize_units = { "nowhere" };
    thin.keep_channels = { { "no.conv", { 0 } } };
    both.remove_units = both.reinitialize_units = { "stage1.unit1" };
    EXPECT_ERROR(apply(network, remove), "unit 'stage7.unit1': no such unit");
    EXPECT_ERROR(apply(network, draw), "unit 'nowhere': no such unit");
    EXPECT_ERROR(apply(network, thin), "node 'no.conv': no such node");
    EXPECT_ERROR(apply(network, both), "unit 'stage1.unit1': unit is named twice in the plan");
}

TEST(PruningPlan, IsWrittenAsJson)
{
    PruningPlan plan;
    plan.method = "psr";
    plan.remove_units = { "a" };
    plan.keep_channels["c"] = { 0, 2 };
    EXPECT_EQ(to_json(plan).dump(), R"({"keep_channels":{"c":[0,2]},"method":"psr","reinitialize_units":[],)"
                                    R"("remove_units":["a"],"seed":1})");
    plan.constants["d"] = { { 1, 0.5F }, { 3, 0.0F } };
    EXPECT_EQ(to_json(plan)["constants"], nlohmann::json({ { "d", 2 } }));
}

TEST(FoldBatchNorm, KeepsLogitsAndUnits)
{
    auto networks = all_nets();
    networks.push_back(make_network(zoo_config("amr_s", 128, 5)));
    randomize(networks.back(), 3);
    for (const Network& network : networks) {
        const Network folded = fold_batch_norm(network);
        EXPECT_LT(difference(network, folded), 1e-5) << name_of(network);
        EXPECT_EQ(std::count_if(folded.nodes.begin(), folded.nodes.end(),
                                [](const Node& node) { return node.op == Op::batch_norm; }),
                  0);
        EXPECT_EQ(folded.units.size(), network.units.size());
    }
}

TEST(FoldBatchNorm, LeavesANormWhoseInputIsReadElsewhere)
{
    Network network = residual_net();
    const std::string conv = "stage1.unit1.conv2";
    for (Node& node : network.nodes)
        if (node.name == "stage1.unit1.add")
            node.inputs[1] = conv; // conv2 + norm(conv2)
    const Network folded = fold_batch_norm(network);
    EXPECT_EQ(folded.node("stage1.unit1.bn2").op, Op::batch_norm);
    EXPECT_FALSE(folded.node(conv).bias);
    EXPECT_LT(difference(network, folded), 1e-5);
}

} // namespace
} // namespace prunedamr::graph
