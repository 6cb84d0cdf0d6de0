// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/reassembly.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/nn/graph_module.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace prunedamr::prune {

std::uint64_t fresh_seed(std::uint64_t seed)
{
    constexpr int kDroppedBits = 11; // JSON readers hold 53
    return Rng(seed).fork(1).next() >> kDroppedBits;
}

graph::Plan reassembly_plan(const graph::Network& network, const std::vector<int>& kept_units, std::uint64_t seed)
{
    const auto& units = network.units;
    std::vector<bool> keep(units.size(), false);
    for (int unit : kept_units) {
        PRUNEDAMR_CHECK(unit >= 0 && unit < static_cast<int>(units.size()), "index of a unit");
        keep[unit] = true;
    }
    std::map<int, std::vector<std::size_t>> stages;
    for (std::size_t i = 0; i < units.size(); ++i) {
        keep[i] = keep[i] || (!units[i].removable && !units[i].transition);
        stages[units[i].stage].push_back(i);
    }

    graph::Plan plan;
    plan.seed = fresh_seed(seed);
    for (const auto& [stage, members] : stages) {
        const auto kept = [&](std::size_t unit) { return keep[unit] && !units[unit].transition; };
        if (std::none_of(members.begin(), members.end(), [&](std::size_t unit) { return keep[unit]; }))
            keep[members.front()] = true;
        for (std::size_t unit : members) {
            if (!units[unit].transition || keep[unit])
                continue;
            keep[unit] = true;
            plan.reinitialize_units.push_back(units[unit].name);
            const auto replaced = std::find_if(members.begin(), members.end(), kept);
            if (replaced != members.end())
                keep[*replaced] = false;
        }
    }
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (!keep[i])
            plan.remove_units.push_back(units[i].name);
    }
    return plan;
}

namespace {

graph::Network linearized(graph::Network network)
{
    for (auto& [name, tensor] : network.tensors) {
        for (float& value : tensor.data)
            value = std::abs(value);
    }
    for (graph::Node& node : network.nodes)
        node.dropout = 0.0; // chance has no place in a score
    return network;
}

} // namespace

double synflow_score(const graph::Network& network, int batch, const std::string& device)
{
    PRUNEDAMR_CHECK(batch >= 1, "batch of SynFlow");
    nn::GraphModule module(linearized(network));
    const torch::Device target = nn::device_from_name(device);
    module.to(target, torch::kDouble);
    module.train();
    const torch::Tensor ones =
        torch::ones({ batch, 2, network.length }, torch::dtype(torch::kDouble).device(target));
    module.forward(ones).sum().backward();
    torch::NoGradGuard no_grad;
    double score = 0.0;
    for (const torch::Tensor& parameter : module.parameters()) {
        if (parameter.grad().defined())
            score += (parameter * parameter.grad()).abs().sum().item<double>();
    }
    return score;
}

} // namespace prunedamr::prune
