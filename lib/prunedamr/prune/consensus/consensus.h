// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/consensus/ranking.h"
#include "prunedamr/prune/prune_context.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// Consensus (arXiv 2411.14345): unit after unit is taken out, the one whose absence is felt least in the features
/// before the classifier as several distances agree.
struct ConsensusConfig {
    std::vector<std::string> distances; ///< names of `distances()`; empty: all eight
    int samples = 2048;                 ///< frames that the distances are taken over, >= 16
    int epochs_per_step = 10;           ///< fine-tuning between two removals, at most the context's own; 0: none
    int min_units = 2;                ///< of every stage that stay, >= 1
    int stability_sets = 4;             ///< disjoint sets of frames on which the first ranking is repeated; 0: none
};

/// One unit at a time: rank, take out the unit of least rank sum (the first among equals; units of a stage that is
/// down to `min_units` are passed over), fine-tune as the context says (the paper: SGD, 0.01, Nesterov momentum 0.9)
/// for `epochs_per_step`, until the budget is met. The last removal is left to the context's own fine-tuning.
/// Throws `Error` for a bad option, too few frames, a network without candidates, or a budget out of reach.
PruneResult consensus(const PruneContext& context, const ConsensusConfig& config);

struct ConsensusStep {
    UnitRanking ranking;
    int removed = 0;                           ///< index into ranking.units
    std::optional<double> validation_accuracy; ///< 0..1, after the fine-tuning that followed, if any
};

/// What a run of the method found.
struct ConsensusReport {
    ConsensusConfig config;
    int frames = 0; ///< of each ranking
    std::vector<ConsensusStep> steps;
    std::optional<Stability> stability; ///< of the first ranking
};

/// {"distances": [names], "frames", "epochs_per_step", "min_units", "removed": [units in order],
///  "iterations": [{"units", "distance": {name: [per unit]}, "consensus": [rank sums], "removed",
///                  "validation_accuracy" (or null)}],
///  "stability" (or null): {"sets", "frames", "consensus", "distances": {name: mean Spearman}, "best_single":
///  name}}
nlohmann::json to_json(const ConsensusReport& report);

/// Which unit goes, its rank sum and that of the runner-up: one line.
std::string to_text(const ConsensusStep& step);

/// The order of removal and the stability of the first ranking: for people.
std::string to_text(const ConsensusReport& report);

} // namespace prunedamr::prune
