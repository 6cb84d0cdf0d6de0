// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <torch/torch.h>

namespace prunedamr::nn {

// What `graph/quantize.h` says, in float32 and differentiable: the gradient passes as if nothing were rounded, and
// is zero where a value was clipped (straight-through estimator, arXiv 1308.3432).

/// Values of `x` in 8 bits.
torch::Tensor in_8_bits(const torch::Tensor& x, const graph::QuantParams& form);

/// Filters [channels, ...] whose values are whole multiples of a scale per channel.
torch::Tensor fake_quantize_weight(const torch::Tensor& weight);

} // namespace prunedamr::nn
