// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/prune/search.h"

#include <nlohmann/json.hpp>

#include <string>

namespace prunedamr::prune {

struct CompressConfig {
    std::string method = "psr";     ///< a method, a chain ("psr,catro", "psr:macs=40%,catro") or "auto"
    std::string budget = "units=4"; ///< see `Budget`; empty where every method chooses alone (an epsilon)
    ChainConfig chain;
    SearchConfig search;
};

struct CompressResult {
    graph::Network
        network;      ///< provenance["compress"] is the report without steps; an earlier one stays as "previous"
    graph::Plan plan; ///< of the last stage
    /// What `ChainResult::stages` says of the only stage; of several the last one's, with "chain" (all of them),
    /// "units" and "cost" from the original to the end. Of a search "front" too: see `Trial`.
    /// "latency_us": {"before", "after"}, batch 1; "minutes" spent.
    nlohmann::json report;
    bool interrupted =
        false; ///< a training was stopped: nothing else is set; checkpoints, if asked for, hold the state
};

/// Score, choose, rewrite, fine-tune. `say` receives the steps as text for people, without a last newline.
/// Throws `Error` for an unknown method or a budget that cannot be met.
CompressResult compress(const graph::Network& network, const data::Dataset& dataset, const CompressConfig& config,
                        const Say& say);

} // namespace prunedamr::prune
