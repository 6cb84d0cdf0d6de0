// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/prune_context.h"
#include "prunedamr/prune/psr/partition.h"
#include "prunedamr/prune/psr/selection.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// Seed of the fresh weights of a run with `seed`. It differs from `seed`, so that a network trained from that very
/// seed does not meet its own initial weights again.
std::uint64_t fresh_seed(std::uint64_t seed);

/// Which units stay, as a plan: kept units grouped by stage, at least one per stage.
/// - Units that are neither removable nor transitions (the stem) always stay as they are.
/// - A transition unit that is kept stays as it is. One that is not stays as structure with fresh weights and
/// stands
///   in for the first kept unit of its stage, which goes.
/// - A stage of which nothing is kept leaves its first unit, with its trained weights.
/// `kept_units`: indices into network.units; plan.seed = fresh_seed(seed).
graph::PruningPlan reassembly_plan(const graph::Network& network, const std::vector<int>& kept_units,
                                   std::uint64_t seed);

/// PSR: partition, selection, reassembly (arXiv 2406.07929), the main layer-pruning method.
struct PsrConfig {
    int batches = 5;    ///< of similarity, of 128 frames each, from the validation part; >= 1
    int max_blocks = 5; ///< of the partition, >= 1; more than there are units counts as all units
    int blocks = 0;     ///< fixed number of blocks; 0: chosen by relative loss drop
    PartitionRule partition_rule = PartitionRule::optimal;
    bool paper_selection =
        false; ///< the authors' selection: the random copy is not drawn again between combinations
    std::string score = "synflow"; ///< of the selection, one of `training_free_scores`
    std::uint64_t seed = 1;
    std::string device = "cpu";
};

/// Everything that PSR found, step by step.
struct PsrResult {
    std::vector<std::string> units;              ///< names, in depth order (the stem first)
    std::vector<std::vector<double>> similarity; ///< CKA [units, units]
    std::vector<double> sums;                    ///< s_l = row sums
    std::vector<double> losses;                  ///< L(N, k), k = 1..max_blocks
    std::vector<int> block_sizes;                ///< partition
    std::string score;                           ///< of the selection
    std::vector<BlockChoice> choices;            ///< one per block
    graph::PruningPlan plan;
};

/// The stem takes part in similarity, partition and selection like every other unit, and always stays in the
/// result, chosen or not. The number of units chosen is the largest whose reassembled network meets the budget:
/// with "units=5" and four blocks, one per block and the stem; single units that still fit then join it. Where the
/// budget leaves no unit for some block, a smaller number of blocks is taken (unless config.blocks fixes it).
/// Throws `Error` when the budget cannot be met, frames are too few, or a block has too many combinations.
PsrResult psr(const graph::Network& network, const dataset::Dataset& dataset, const Budget& budget,
              const PsrConfig& config);

/// The same as a method; seed and device are those of the context.
PruneResult psr(const PruneContext& context, const PsrConfig& options);

nlohmann::json to_json(const PsrResult& result);

/// Similarity matrix as shaded text (numbers for few units), block borders, chosen units: for people.
std::string to_text(const PsrResult& result);

} // namespace prunedamr::prune
