// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/train/fit.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace prunedamr::prune {

/// What every pruning method is given.
struct PruneContext {
    const graph::Network& network;   ///< trained, valid; fits the data set
    const dataset::Dataset& dataset; ///< scores come from the train and validation parts, never from the test part
    const Budget& budget;            ///< limits only: `drop<=` is a search above the methods
    /// How networks recover. Methods that train on the way copy it and set epochs, title and a checkpoint of their
    /// own: `checkpoint` + ".<step>", so that a resumed run repeats no training.
    const train::FitConfig& fine_tune;
    std::uint64_t seed = 1;                      ///< random seed of the method
    std::function<void(const std::string&)> log; ///< lines for people, without a last newline
};

/// What every pruning method gives.
struct PruneResult {
    graph::PruningPlan plan;                                ///< of `PruneContext::network`
    nlohmann::json steps = nlohmann::json::object(); ///< how it came to it: scores, orders, matrices
    std::string text;                                ///< the same for people, without a last newline
    /// What became of apply(network, plan) in a method that trains on the way; else nothing.
    std::optional<graph::Network> network = std::nullopt;
    bool interrupted = false; ///< a training on the way was stopped; its checkpoint holds the state
};

} // namespace prunedamr::prune
