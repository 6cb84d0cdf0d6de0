// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/scores/naswot.h"

#include "prunedamr/prune/psr/scores/scored_module.h"

namespace prunedamr::prune {

double naswot_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    const torch::NoGradGuard no_grad;
    nn::GraphModule module = scored_module(network, device);
    std::vector<std::string> nodes;
    for (const graph::Node& node : network.nodes)
        if (node.op == graph::Op::relu)
            nodes.push_back(node.name);
    std::map<std::string, torch::Tensor> outputs;
    module.forward(scored_frames(batch, device), nodes, outputs);
    const auto frames = batch.frames.size(0);
    torch::Tensor kernel = torch::zeros({ frames, frames }, torch::kDouble);
    for (const auto& [node, output] : outputs) {
        const torch::Tensor code = (output > 0).to(torch::kDouble).flatten(1);
        const torch::Tensor agree = code.matmul(code.t()) + (1.0 - code).matmul((1.0 - code).t());
        kernel += agree.to(torch::kCPU);
    }
    return std::get<1>(torch::slogdet(kernel)).item<double>();
}

} // namespace prunedamr::prune
