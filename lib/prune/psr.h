// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/partition.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::prune {

/// PSR: partition, selection, reassembly (arXiv 2406.07929), the main layer-pruning method.
struct PsrConfig {
    int batches = 5;             ///< of similarity, of 128 frames each, from the validation part
    int max_blocks = 5;          ///< of the partition; 0 < max_blocks <= units
    int blocks = 0;              ///< fixed number of blocks; 0: chosen by relative loss drop
    PartitionRule partition_rule = PartitionRule::optimal;
    bool paper_selection = false; ///< the authors' selection: the random copy is not drawn anew between combinations
    std::uint64_t seed = 1;
    std::string device = "cpu";
};

/// Everything that PSR found, step by step.
struct PsrResult {
    std::vector<std::string> units;               ///< names, in depth order (the stem first)
    std::vector<std::vector<double>> similarity;  ///< CKA [units, units]
    std::vector<double> sums;                     ///< s_l = row sums
    std::vector<double> losses;                   ///< L(N, k), k = 1..max_blocks
    std::vector<int> block_sizes;                 ///< partition
    struct Choice {
        std::vector<int> kept;                    ///< unit indices
        double score = 0.0;                       ///< SynFlow of the winner
        int combinations = 0;                     ///< how many were compared
    };
    std::vector<Choice> choices;                  ///< one per block
    graph::Plan plan;
};

PsrResult psr(const graph::Network& network, const data::Dataset& dataset, const Budget& budget,
              const PsrConfig& config);

nlohmann::json to_json(const PsrResult& result);

/// Similarity matrix as shaded text, block borders, chosen units: for people.
std::string to_text(const PsrResult& result);

/// Which units stay, as a plan: kept units grouped by stage, at least one per stage; a stage whose first (transition)
/// unit is not kept gets that unit's structure with fresh weights in place of its first kept unit.
graph::Plan reassembly_plan(const graph::Network& network, const std::vector<int>& kept_units, std::uint64_t seed);

} // namespace prunedamr::prune
