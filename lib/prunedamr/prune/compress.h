// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/model/model.h"
#include "prunedamr/train/fit.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::prune {

struct MethodOptions;

/// Takes lines for people, without a last newline.
using LogFn = std::function<void(const std::string&)>;

/// How a chain is carried out.
struct ChainConfig {
    std::shared_ptr<const MethodOptions> options; ///< of the methods; null: their defaults
    train::FitConfig fine_tune;                   ///< after the last stage; epochs = 0: no fine-tuning at all
    int stage_epochs = 0;   ///< after each earlier stage; 0: a third of `fine_tune.epochs`, at least 1
    std::uint64_t seed = 1; ///< of the methods; fine_tune has its own
};

struct SearchConfig {
    /// auto: chains to try; empty: its own.
    std::vector<std::string> chains;
    /// auto: budgets on the way to the wanted one, which is the last: fractions of the way, in ratios.
    std::vector<double> way = { 0.4, 0.7, 1.0 };
    int probes = 6; ///< drop: networks tried, each fine-tuned; what a method cannot reach costs none
};

struct CompressConfig {
    std::string method = "psr";     ///< a method, a chain ("psr,catro", "psr:macs=40%,catro") or "auto"
    /// How small the result must be: "units=5", "macs=10%", "params=50k", "bytes=20k", "latency=8us" (of one frame
    /// in the native engine on this host), several joined by commas; or "drop<=0.5", the smallest network that
    /// loses no more points of validation accuracy. Empty where every method chooses alone.
    std::string budget = "units=4";
    ChainConfig chain;
    SearchConfig search;
};

struct CompressResult {
    model::Model model; ///< provenance["compress"] is the report without steps; an earlier one stays as "previous"
    graph::PruningPlan plan;   ///< of the last stage
    /// JSON object {"method", "budget", "seed", "plan", "steps", "units": {"before", "after"}, "cost": {"before",
    /// "after", "cut"}, "fine_tune", "latency_us": {"before", "after"}, "minutes"} of the only stage; of several
    /// the last one's, with "chain" (all of them), "units" and "cost" from the original to the end. Of a search
    /// with "front" too, the networks tried that no other one beats.
    std::string report = "{}";
    bool interrupted =
        false; ///< a training was stopped: nothing else is set; checkpoints, if asked for, hold the state
};

/// Score, choose, rewrite, fine-tune. `log` receives the steps as text for people, without a last newline.
/// Throws `Error` for data that the model was not made for, an unknown method or a budget that cannot be met.
PRUNEDAMR_API CompressResult compress(const model::Model& model, const dataset::Dataset& dataset,
                                      const CompressConfig& config, const LogFn& log);

} // namespace prunedamr::prune
