// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/compress.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::prune {

/// One method of a chain, and the budget of its result ("macs=40%" of the original); an empty one is a fraction of the
/// whole way.
struct ChainStage {
    std::string method;
    std::string budget;
};

using ChainStages = std::vector<ChainStage>;

/// "psr", "psr,catro" or "psr:macs=40%,catro". Throws `Error` for an empty or unknown method, or a budget on the
/// last stage (that is the budget of the chain).
ChainStages parse_chain(const std::string& text);

struct ChainResult {
    graph::Network network;
    /// One per stage: {"method", "budget", "seed", "plan", "steps", "units": {"before", "after"},
    /// "cost": {"before", "after", "cut" (fractions of before that are gone)}, "fine_tune" (history or null)}
    std::vector<nlohmann::json> stages;
    graph::PruningPlan plan; ///< of the last stage
    bool interrupted = false;
};

/// Stage after stage: score, choose, rewrite, fine-tune. A stage without a budget of its own gets the point that
/// divides the way from the original to `budget` into equal ratios; without limits it must choose alone.
/// Checkpoints of earlier stages are `checkpoint`.stage1, .stage2 ...
ChainResult run_chain(const graph::Network& original, const dataset::Dataset& dataset, const ChainStages& stages,
                      const Budget& budget, const ChainConfig& config, const LogFn& log);

/// The budget that lies `fraction` (0..1) of the way from the network as it is to `budget`, in equal ratios.
Budget part_of_way(const graph::Network& network, const Budget& budget, double fraction);

} // namespace prunedamr::prune
