// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

namespace prunedamr::prune {

/// The orthogonal matrix [d, d] with the largest inner product with `m`. For m = y'x it is the T that minimises
/// |x - y T| (orthogonal Procrustes, Schoenemann 1966).
inline torch::Tensor nearest_rotation(const torch::Tensor& m)
{
    const auto [left, values, right] = torch::linalg_svd(m, false);
    return left.matmul(right);
}

} // namespace prunedamr::prune
