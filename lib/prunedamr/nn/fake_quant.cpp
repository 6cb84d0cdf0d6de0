// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/fake_quant.h"

namespace prunedamr::nn {

torch::Tensor in_8_bits(const torch::Tensor& x, const graph::QuantParams& form)
{
    return torch::fake_quantize_per_tensor_affine(x, static_cast<double>(form.scale), form.zero_point, 0, 255);
}

torch::Tensor fake_quantize_weight(const torch::Tensor& weight)
{
    constexpr int kLargest = 127;
    const torch::Tensor largest = weight.detach().abs().flatten(1).amax(1);
    const torch::Tensor scale = torch::where(largest > 0, largest / kLargest, torch::ones_like(largest));
    return torch::fake_quantize_per_channel_affine(weight, scale, torch::zeros_like(scale, torch::kInt32), 0,
                                                   -kLargest, kLargest);
}

} // namespace prunedamr::nn
