// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace at {
class Tensor;
} // namespace at

namespace prunedamr::prune {

struct SimilarityConfig {
    int batches = 5;
    int batch = 128; ///< frames; fewer when the validation part holds less than batches * batch, never below 8
    std::uint64_t seed = 1;
    std::string device = "cpu";
};

/// Unbiased CKA between the outputs (last nodes) of all units, averaged over disjoint batches of validation frames
/// drawn with the seed; inference mode. [units, units], symmetric, diagonal 1.
/// Throws `Error` when there are too few validation frames, or a unit's output is the same for every frame.
std::vector<std::vector<double>> unit_similarity(const graph::Network& network, const dataset::Dataset& dataset,
                                                 const SimilarityConfig& config);

/// Unbiased centerd kernel alignment of two sets of features of the same n >= 4 samples, x [n, ...] and y [n, ...]:
/// HSIC1(K,L) / sqrt(HSIC1(K,K) HSIC1(L,L)), K = xx', L = yy' with zero diagonals (arXiv 2406.07929).
/// HSIC1 = [tr(KL) + (1'K1)(1'L1)/((n-1)(n-2)) - 2 1'KL1/(n-2)] / (n(n-3)).
/// Computed in double. May leave [0, 1]; NaN when a feature set is constant.
/// Throws `Error` when n differs or is below 4.
double unbiased_cka(const at::Tensor& x, const at::Tensor& y);

/// CKA of every pair of units over several batches, averaged; the diagonal is 1.
/// `features[b][u]` is unit u's output [n, ...] on batch b; flattened per sample here.
std::vector<std::vector<double>> cka_matrix(const std::vector<std::vector<at::Tensor>>& features);

} // namespace prunedamr::prune
