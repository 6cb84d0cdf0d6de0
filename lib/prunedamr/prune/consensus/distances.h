// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

namespace prunedamr::prune {

// The eight distances of arXiv 2411.14345 between two representations x, y [n, d] of the same n frames, float64,
// finite, on the CPU. All are >= 0 and 0 for y = x. A representation that does not vary has nothing in common with
// any: CKA distance 1, angle pi/2.

/// 1 - linear CKA of the centerd columns: 1 - |x'y|^2 / (|x'x| |y'y|) (Kornblith et al. 2019), 0..1. It does not
/// see rotation, reflection, shift and scale.
double cka_distance(const torch::Tensor& x, const torch::Tensor& y);

/// Angle between the centerd columns under the permutation of y's that brings them nearest (Williams et al. 2021),
/// 0..pi. It does not see the order, shift and common scale of the columns.
double permutation_distance(const torch::Tensor& x, const torch::Tensor& y);

/// Angle after the best rotation of partially whitened columns (Williams et al. 2021), 0..pi: `alpha` 1 rotates
/// only, 0 whitens fully (then no invertible linear map is seen). Means, whitening and rotation are learned on the
/// first four fifths of the rows, the angle is that of the last fifth: rows come in random order, 5 or more.
/// Directions with less than 1e-7 of the largest one's power are not amplified further.
double linear_shape_distance(const torch::Tensor& x, const torch::Tensor& y, double alpha);

/// Wasserstein distance of order 1 between the distributions of all n d values.
double wasserstein_distance(const torch::Tensor& x, const torch::Tensor& y);

/// One row for each distance; the Gaussian-stochastic ones stand in `gaussian.h`.
struct Distance {
    const char* name;
    const char* description; ///< one line for help texts
    double (*of)(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& labels); ///< labels [n] int64
};
const std::vector<Distance>& distances();

/// The column of each row in the one-to-one assignment of largest total gain; `gain` is [n, n], row-major, finite.
/// Hungarian method (Kuhn 1955) by shortest augmenting paths with prices, O(n^3).
std::vector<int> best_assignment(const std::vector<double>& gain, int n);

/// The orthogonal matrix [d, d] with the largest inner product with `m`. For m = y'x it is the T that minimizes
/// |x - y T| (orthogonal Procrustes, Schoenemann 1966).
inline torch::Tensor nearest_rotation(const torch::Tensor& m)
{
    const auto [left, values, right] = torch::linalg_svd(m, false);
    return left.matmul(right);
}

} // namespace prunedamr::prune
