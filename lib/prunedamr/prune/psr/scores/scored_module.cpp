// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/scores/scored_module.h"

namespace prunedamr::prune {

nn::GraphModule scored_module(graph::Network network, const std::string& device)
{
    for (graph::Node& node : network.nodes)
        node.dropout = 0.0; // chance has no place in a score
    nn::GraphModule module(network);
    module.to(nn::device_from_name(device), torch::kDouble);
    module.train();
    return module;
}

torch::Tensor scored_frames(const train::Batch& batch, const std::string& device)
{
    return batch.frames.to(nn::device_from_name(device), torch::kDouble);
}

torch::Tensor summed_loss(const torch::Tensor& logits, const train::Batch& batch)
{
    return torch::nll_loss(torch::log_softmax(logits, 1), batch.labels.to(logits.device()), {},
                           torch::Reduction::Sum);
}

std::vector<torch::Tensor> filter_weights(const nn::GraphModule& module)
{
    std::vector<torch::Tensor> weights;
    for (const graph::Node& node : module.network().nodes)
        if (node.op == graph::Op::conv || node.op == graph::Op::linear)
            weights.push_back(module.tensors().at(node.name + ".weight"));
    return weights;
}

} // namespace prunedamr::prune
