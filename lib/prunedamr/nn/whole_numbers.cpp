// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/whole_numbers.h"

namespace prunedamr::nn {

torch::Tensor in_8_bits(const torch::Tensor& x, const graph::QuantisedValue& form)
{
    return torch::fake_quantize_per_tensor_affine(x, static_cast<double>(form.scale), form.zero, 0, 255);
}

torch::Tensor with_whole_weights(const torch::Tensor& weight)
{
    constexpr int kLargest = 127;
    const torch::Tensor largest = weight.detach().abs().flatten(1).amax(1);
    const torch::Tensor scale = torch::where(largest > 0, largest / kLargest, torch::ones_like(largest));
    return torch::fake_quantize_per_channel_affine(weight, scale, torch::zeros_like(scale, torch::kInt32), 0,
                                                   -kLargest, kLargest);
}

} // namespace prunedamr::nn
