// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/nn/operations.h"

namespace prunedamr::nn {

/// [batch, 2C, 2, W] -> [batch, 2C, 1, W], as `graph::Op::complex_sum` says.
torch::Tensor complex_sum(const torch::Tensor& x);

/// Whitens pairs of channels (arXiv 1705.09792, section 3.5). In training with the batch's own covariance, which
/// the running statistics then follow (unbiased, as those of an ordinary batch norm).
torch::Tensor complex_norm(const graph::Node& node, const OperationTensors& tensors);

} // namespace prunedamr::nn
