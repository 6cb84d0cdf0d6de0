// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/scores/grad_norm.h"

#include "prunedamr/prune/psr/scores/scored_module.h"

namespace prunedamr::prune {

double grad_norm_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    nn::GraphModule module = scored_module(network, device);
    const torch::Tensor loss = summed_loss(module.forward(scored_frames(batch, device)), batch);
    double sum = 0.0;
    for (const torch::Tensor& gradient :
         torch::autograd::grad({ loss }, filter_weights(module), {}, {}, false, /*allow_unused=*/true))
        sum += gradient.defined() ? gradient.norm().item<double>() : 0.0;
    return sum / static_cast<double>(batch.frames.size(0));
}

} // namespace prunedamr::prune
