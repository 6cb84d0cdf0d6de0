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

enum class PartitionRule {
    optimal,    ///< back-track by the stored argmins: the smallest sum of squared deviations
    paper_code, ///< back-track by loss comparison, as the authors' code does: the block before position n ends at
                ///< the largest m < n with L(m, k-1) < L(n, k); not a minimum, and fewer blocks when no such m
                ///< exists
    equal,      ///< ablation: runs of equal size, the first ones one longer where it does not divide
    random,     ///< ablation: borders drawn from a seed, every set of borders as likely as any other
};

PartitionRule partition_rule(const std::string& name); ///< "optimal", "paper-code", ...; throws `Error`
const char* to_string(PartitionRule rule);

/// Fisher's optimal segmentation of an ordered sequence into `blocks` runs: sizes, in order (O(N^2 blocks) after an
/// O(N^3) table; N is a few dozen). L(n,1) = D(1,n); L(n,k) = min_j L(j-1,k-1) + D(j,n);
/// D = sum of squared deviations from the mean. Equal losses: the earliest border.
/// `rule` is optimal or paper_code. Throws `Error` unless 1 <= blocks <= values.size().
std::vector<int> fisher_partition(const std::vector<double>& values, int blocks,
                                  PartitionRule rule = PartitionRule::optimal);

/// Runs of `values` by any rule; `seed` is that of random borders. Throws `Error` as `fisher_partition` does.
std::vector<int> partition(const std::vector<double>& values, int blocks, PartitionRule rule, std::uint64_t seed);

/// Least loss for 1..max_blocks blocks, L(N, k). Throws `Error` unless 1 <= max_blocks <= values.size().
std::vector<double> fisher_losses(const std::vector<double>& values, int max_blocks);

/// The largest k <= max_blocks whose relative loss drop (L(k-1) - L(k)) / L(k-1) exceeds `min_drop`; at least 1.
/// A loss that is zero up to rounding ends the search.
int choose_blocks(const std::vector<double>& values, int max_blocks, double min_drop = 0.05);

} // namespace prunedamr::prune
