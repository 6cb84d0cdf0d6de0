// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <torch/torch.h>

#include <vector>

namespace prunedamr::nn {

/// Share of a batch in the running statistics that it updates.
constexpr double kStatisticsMomentum = 0.1;

/// What one node reads: activations [batch, C, H, W] and its own tensors (undefined where it has none).
struct OperationTensors {
    std::vector<torch::Tensor> inputs;
    torch::Tensor weight;
    torch::Tensor bias;
    torch::Tensor running_mean;
    torch::Tensor running_var;
    bool training = false;
};

/// Output [batch, C, H, W] of any node but the input.
torch::Tensor run_operation(const graph::Node& node, const OperationTensors& tensors);

} // namespace prunedamr::nn
