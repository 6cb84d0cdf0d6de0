// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/scores/fisher.h"

#include "prunedamr/prune/psr/scores/scored_module.h"

namespace prunedamr::prune {

double fisher_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    nn::GraphModule module = scored_module(network, device);
    std::vector<std::string> nodes;
    for (const graph::Node& node : network.nodes)
        if (node.op == graph::Op::conv || node.op == graph::Op::linear)
            nodes.push_back(node.name);
    std::map<std::string, torch::Tensor> outputs;
    const torch::Tensor loss = summed_loss(module.forward(scored_frames(batch, device), nodes, outputs), batch);
    std::vector<torch::Tensor> activations;
    for (const auto& [node, output] : outputs)
        activations.push_back(output);
    const auto gradients = torch::autograd::grad({ loss }, activations, {}, {}, false, /*allow_unused=*/true);
    double sum = 0.0;
    for (std::size_t i = 0; i < activations.size(); ++i)
        if (gradients[i].defined())
            sum += (activations[i] * gradients[i]).sum({ 2, 3 }).square().sum().item<double>();
    return sum / (2.0 * static_cast<double>(batch.frames.size(0)));
}

} // namespace prunedamr::prune
