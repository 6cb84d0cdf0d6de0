// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace prunedamr::nn {

/// Fraction of a batch in the running statistics that it updates.
constexpr double kStatisticsMomentum = 0.1;

/// What one node reads: activations [batch, C, H, W] and its own tensors (undefined where it has none).
struct OperationTensors {
    std::vector<at::Tensor> inputs;
    at::Tensor weight;
    at::Tensor bias;
    at::Tensor running_mean;
    at::Tensor running_var;
    bool training = false;
};

/// Output [batch, C, H, W] of any node but the input.
at::Tensor run_operation(const graph::Node& node, const OperationTensors& tensors);

/// [batch, 2C, 2, W] -> [batch, 2C, 1, W], as `graph::Op::complex_sum` says.
at::Tensor complex_sum(const at::Tensor& x);

/// Whitens pairs of channels (arXiv 1705.09792, section 3.5). In training with the batch's own covariance, which
/// the running statistics then follow (unbiased, as those of an ordinary batch norm).
at::Tensor complex_norm(const graph::Node& node, const OperationTensors& tensors);

// What `graph/quantize.h` says, in float32 and differentiable: the gradient passes as if nothing were rounded, and
// is zero where a value was clipped (straight-through estimator, arXiv 1308.3432).

/// Values of `x` in 8 bits.
at::Tensor fake_quantize(const at::Tensor& x, const graph::QuantParams& form);

/// Filters [channels, ...] whose values are whole multiples of a scale per channel.
at::Tensor fake_quantize_weight(const at::Tensor& weight);

} // namespace prunedamr::nn
