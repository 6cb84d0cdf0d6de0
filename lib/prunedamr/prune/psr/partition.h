// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

enum class PartitionRule {
    optimal,    ///< back-track by the stored argmins: the least sum of squared deviations
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
