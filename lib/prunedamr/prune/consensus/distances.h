// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace at {
class Tensor;
} // namespace at

namespace prunedamr::prune {

// The eight distances of arXiv 2411.14345 between two representations x, y [n, d] of the same n frames, float64,
// finite, on the CPU. All are >= 0 and 0 for y = x. A representation that does not vary has nothing in common with
// any: CKA distance 1, angle pi/2.

/// 1 - linear CKA of the centerd columns: 1 - |x'y|^2 / (|x'x| |y'y|) (Kornblith et al. 2019), 0..1. It does not
/// see rotation, reflection, shift and scale.
double cka_distance(const at::Tensor& x, const at::Tensor& y);

/// Angle between the centerd columns under the permutation of y's that brings them nearest (Williams et al. 2021),
/// 0..pi. It does not see the order, shift and common scale of the columns.
double permutation_distance(const at::Tensor& x, const at::Tensor& y);

/// Angle after the best rotation of partially whitened columns (Williams et al. 2021), 0..pi: `alpha` 1 rotates
/// only, 0 whitens fully (then no invertible linear map is seen). Means, whitening and rotation are learned on the
/// first four fifths of the rows, the angle is that of the last fifth: rows come in random order, 5 or more.
/// Directions with less than 1e-7 of the largest one's power are not amplified further.
double linear_shape_distance(const at::Tensor& x, const at::Tensor& y, double alpha);

/// Wasserstein distance of order 1 between the distributions of all n d values.
double wasserstein_distance(const at::Tensor& x, const at::Tensor& y);

/// Squared Bures distance of positive semidefinite a, b [d, d], float64: tr a + tr b - 2 tr((a^.5 b a^.5)^.5). It
/// is the part of the covariances in the squared Wasserstein-2 distance of two Gaussians.
double squared_bures(const at::Tensor& a, const at::Tensor& b);

/// Gaussian-stochastic shape distance (Duong et al. 2023) of x, y [n, d] float64 with labels [n] int64:
/// sqrt(mean over classes k of alpha |mu_k - mu'_k T|^2 + (2 - alpha) Bures^2(S_k, T' S'_k T)), alpha 0..2, with
/// the orthogonal T that makes it small: alternating Procrustes between T and one rotation per class and covariance
/// root, from the T that aligns the frames one by one, until it falls by less than a millionth, 300 times at most.
/// (The authors start from the T of the class means, of which fewer classes than channels leave much undecided.)
/// Classes of fewer than two frames do not count; throws `Error` when there is no other.
double gaussian_distance(const at::Tensor& x, const at::Tensor& y, const at::Tensor& labels, double alpha);

/// One row for each distance.
struct Distance {
    const char* name;
    const char* description; ///< one line for help texts
    double (*of)(const at::Tensor& x, const at::Tensor& y, const at::Tensor& labels); ///< labels [n] int64
};
const std::vector<Distance>& distances();
std::vector<std::string> distance_names();                   ///< in the same order
const Distance& distance_named(const std::string& name); ///< throws `Error` listing the known names

/// The column of each row in the one-to-one assignment of largest total gain; `gain` is [n, n], row-major, finite.
/// Hungarian method (Kuhn 1955) by shortest augmenting paths with prices, O(n^3).
std::vector<int> best_assignment(const std::vector<double>& gain, int n);

} // namespace prunedamr::prune
