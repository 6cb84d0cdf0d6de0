// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/scores/jacov.h"

#include "prunedamr/prune/psr/scores/scored_module.h"

#include <limits>

namespace prunedamr::prune {

double jacov_score(const graph::Network& network, const train::Batch& batch, const std::string& device)
{
    constexpr double kRidge = 1e-5;
    nn::GraphModule module = scored_module(network, device);
    const torch::Tensor frames = scored_frames(batch, device).set_requires_grad(true);
    const torch::Tensor rows =
        torch::autograd::grad({ module.forward(frames).sum() }, { frames })[0].flatten(1).to(torch::kCPU);
    const torch::Tensor correlation = torch::corrcoef(rows);
    if (!torch::isfinite(correlation).all().item<bool>()) // a frame without gradient
        return -std::numeric_limits<double>::infinity();
    const torch::Tensor eigenvalues = torch::linalg_eigvalsh(correlation).clamp_min(0.0);
    return -((eigenvalues + kRidge).log() + 1.0 / (eigenvalues + kRidge)).sum().item<double>();
}

} // namespace prunedamr::prune
