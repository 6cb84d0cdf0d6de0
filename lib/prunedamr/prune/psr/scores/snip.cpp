// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/scores/snip.h"

#include "prunedamr/prune/psr/scores/scored_module.h"

namespace prunedamr::prune {

double snip_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    nn::GraphModule module = scored_module(network, device);
    const torch::Tensor loss = summed_loss(module.forward(scored_frames(batch, device)), batch);
    const auto weights = filter_weights(module);
    const auto gradients = torch::autograd::grad({ loss }, weights, {}, {}, false, /*allow_unused=*/true);
    double sum = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i)
        sum += gradients[i].defined() ? (weights[i] * gradients[i]).abs().sum().item<double>() : 0.0;
    return sum / static_cast<double>(batch.frames.size(0));
}

} // namespace prunedamr::prune
