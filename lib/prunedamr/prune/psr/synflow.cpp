// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/synflow.h"

#include "prunedamr/base/error.h"
#include "prunedamr/nn/graph_module.h"

#include <cmath>

namespace prunedamr::prune {
namespace {

graph::Network linearised(graph::Network network)
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
    nn::GraphModule module(linearised(network));
    const torch::Device target = nn::device_from_name(device);
    module.to(target, torch::kDouble);
    module.train();
    const torch::Tensor ones =
        torch::ones({ batch, 2, network.length() }, torch::dtype(torch::kDouble).device(target));
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
