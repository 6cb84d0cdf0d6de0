// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <string>

namespace prunedamr::prune {

/// A network as training-free scores run it: double precision, batch norms in training mode (a fresh network has no
/// running statistics yet), no dropout; parameters ask for gradients.
nn::GraphModule scored_module(graph::Network network, const std::string& device);

/// The batch's frames as the module takes them.
torch::Tensor scored_frames(const train::Batch& batch, const std::string& device);

/// Sum of the cross-entropies of all frames.
torch::Tensor summed_loss(const torch::Tensor& logits, const train::Batch& batch);

/// Weights of convs and linears.
std::vector<torch::Tensor> filter_weights(const nn::GraphModule& module);

} // namespace prunedamr::prune
