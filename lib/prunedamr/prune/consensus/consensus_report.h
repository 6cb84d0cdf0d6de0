// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/consensus/consensus.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace prunedamr::prune {

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

/// {"distances": [names], "frames", "epochs_per_step", "least_units", "removed": [units in order],
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
