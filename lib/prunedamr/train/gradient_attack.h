// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/attack.h"

#include <torch/torch.h>

namespace prunedamr::train {

/// The same function with the gradient of all of it: nodes that stop the gradient in training let it pass.
graph::Network without_detach(graph::Network network);

/// d(cross-entropy of each frame)/d(frames), [B, 2, L], of a module in evaluation mode.
torch::Tensor input_gradient(nn::GraphModule& module, const torch::Tensor& frames, const torch::Tensor& labels);

/// Frames [B, 2, L] moved within the bound of `attack` (kind fgsm or pgd) so that `module`, in evaluation mode,
/// takes them for another class than `labels`. PGD gives of all points it saw, the frame and FGSM's point among
/// them, the one where another class leads most: it is never weaker than FGSM.
torch::Tensor attacked(nn::GraphModule& module, const torch::Tensor& frames, const torch::Tensor& labels,
                       const Attack& attack);

} // namespace prunedamr::train
