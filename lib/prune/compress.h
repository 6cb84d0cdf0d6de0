// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/prune/methods.h"
#include "prunedamr/train/fit.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace prunedamr::prune {

struct CompressConfig {
    std::string method = "psr";
    std::string budget = "units=4"; ///< see `Budget`
    MethodOptions options;
    train::FitConfig fine_tune; ///< epochs = 0: no fine-tuning
    std::uint64_t seed = 1;     ///< of the method; fine_tune has its own
};

struct CompressResult {
    graph::Network
        network; ///< provenance["compress"] is the report without steps; an earlier one stays as "previous"
    graph::Plan plan;
    /// {"method", "budget", "seed", "plan", "steps" (of the method), "units": {"before", "after"},
    ///  "cost": {"before", "after", "cut" (shares of before that are gone)}, "fine_tune" (history or null)}
    nlohmann::json report;
    bool interrupted = false; ///< fine-tuning was stopped; its checkpoint, if asked for, holds the state
};

/// Score, choose, rewrite, fine-tune. `say` receives the method's steps as text for people, without a last newline.
/// Throws `Error` for an unknown method or a budget that cannot be met.
CompressResult compress(const graph::Network& network, const data::Dataset& dataset, const CompressConfig& config,
                        const std::function<void(const std::string&)>& say);

} // namespace prunedamr::prune
