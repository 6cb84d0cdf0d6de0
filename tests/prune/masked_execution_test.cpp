// SPDX-License-Identifier: GPL-3.0-or-later
// Rewriting against masked execution: a residual unit whose branch gives nothing is a unit that is not there.
#include "prunedamr/nn/graph_module.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <ATen/ATen.h>

namespace prunedamr::prune {
namespace {

std::vector<float> module_logits(const graph::Network& network, const std::vector<float>& frames)
{
    at::NoGradGuard no_grad;
    nn::GraphModule module(network);
    module.eval();
    const auto count = static_cast<std::int64_t>(frames.size()) / (2 * network.length);
    const at::Tensor input =
        at::from_blob(const_cast<float*>(frames.data()), { count, 2, network.length }).clone();
    return nn::to_graph_tensor(module.forward(input)).data;
}

/// The original with the norm that ends a unit's branch set to zero.
graph::Network masked(graph::Network network, const graph::Unit& unit)
{
    for (const char* part : { ".weight", ".bias" }) {
        for (float& value : network.tensors.at(unit.name + ".bn2" + part).data)
            value = 0.0F;
    }
    return network;
}

} // namespace

TEST(MaskedExecution, RemovedUnitEqualsMaskedBranch)
{
    for (const auto& network : { toy_network({ 3, 2, 2 }), toy_network({ 2, 2, 1, 2 }, "amr_s") }) {
        const auto frames = graph::noise_frames(network, 5, 9);
        const auto original = module_logits(network, frames);
        int removed = 0;
        for (const graph::Unit& unit : network.units) {
            if (!unit.removable || unit.transition)
                continue;
            const auto expected = module_logits(masked(network, unit), frames);
            const auto got = module_logits(graph::remove_unit(network, unit.name), frames);
            EXPECT_LT(graph::relative_error(expected, got), 1e-6) << graph::name_of(network) << " " << unit.name;
            EXPECT_GT(graph::relative_error(original, got), 1e-4) << graph::name_of(network) << " " << unit.name;
            ++removed;
        }
        EXPECT_GE(removed, 3);
    }
}

TEST(MaskedExecution, HoldsForSeveralUnitsAtOnce)
{
    const auto network = toy_network({ 3, 3, 2 });
    graph::PruningPlan plan;
    graph::Network mask = network;
    for (const char* name : { "stage1.unit1", "stage1.unit3", "stage2.unit2", "stage3.unit2" }) {
        plan.remove_units.push_back(name);
        mask = masked(mask, network.units[unit_index(network, name)]);
    }
    const auto frames = graph::noise_frames(network, 5, 9);
    EXPECT_LT(graph::relative_error(module_logits(mask, frames), module_logits(graph::apply(network, plan), frames)), 1e-6);
}

} // namespace prunedamr::prune
