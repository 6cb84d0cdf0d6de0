// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// The node whose output the classifier, the last linear or conv of a network, reads.
std::string feature_node(const graph::Network& network);

/// Features before the classifier [frames, d], float64, on the CPU, in evaluation mode. Throws `Error` when they
/// are not finite.
torch::Tensor classifier_features(const graph::Network& network, const dataset::Dataset& dataset,
                                  const std::vector<std::int64_t>& frames, const std::string& device);

/// `count` frames of the train part (of the validation part where there is no train part), or all there are: at
/// random, the classes in turn, so that every stretch has them in equal shares for as long as all last.
std::vector<std::int64_t> draw_frames(const dataset::Dataset& dataset, std::size_t count, std::uint64_t seed);

/// Squared Bures distance of positive semidefinite a, b [d, d], float64: tr a + tr b - 2 tr((a^.5 b a^.5)^.5). It
/// is the share of the covariances in the squared Wasserstein-2 distance of two Gaussians.
double squared_bures(const torch::Tensor& a, const torch::Tensor& b);

/// Gaussian-stochastic shape distance (Duong et al. 2023) of x, y [n, d] float64 with labels [n] int64:
/// sqrt(mean over classes k of alpha |mu_k - mu'_k T|^2 + (2 - alpha) Bures^2(S_k, T' S'_k T)), alpha 0..2, with
/// the orthogonal T that makes it small: alternating Procrustes between T and one rotation per class and covariance
/// root, from the T that aligns the frames one by one, until it falls by less than a millionth, 300 times at most.
/// (The authors start from the T of the class means, of which fewer classes than channels leave much undecided.)
/// Classes of fewer than two frames do not count; throws `Error` when there is no other.
double gaussian_distance(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& labels, double alpha);

} // namespace prunedamr::prune
