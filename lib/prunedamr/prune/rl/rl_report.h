// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/rl/distil.h"
#include "prunedamr/prune/rl/search_log.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::prune::rl {

/// Everything that a search came to.
struct RlResult {
    std::vector<std::string> layers;
    std::vector<int> widths; ///< filters of each layer of the original
    std::vector<int> kept;   ///< of the result
    double accuracy = 0.0;   ///< of the original on the reward frames
    std::size_t reward_frames = 0;
    std::vector<StepRecord> steps;
    std::vector<graph::Cost> costs; ///< after each step
    std::vector<Distillation> distillations;
};

/// {"layers", "widths", "kept", "reward_frames", "accuracy", "steps": [{"removed" (groups of each layer), "policy",
/// "accuracy", "reward", "value", "exploration", "explored", "reset", "round_values", "macs", "params"}],
/// "distillations": [{"step", "accuracy_before", "accuracy", "new_teacher"}]}
nlohmann::json to_json(const RlResult& result);

std::string to_text(const RlResult& result);

} // namespace prunedamr::prune::rl
