// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/chain.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// One network that a search tried.
struct Trial {
    std::string chain; ///< methods
    std::string budget;
    int epochs = 0; ///< of fine-tuning
    std::int64_t macs = 0;
    std::int64_t params = 0;
    double latency_us = 0.0; ///< batch 1, native engine, this host
    double validation_accuracy = 0.0;
    bool on_front = false;
};

/// What a search found, and everything that it tried.
struct SearchResult {
    ChainResult best;
    ChainStages stages;             ///< of the best
    std::vector<Trial> trials; ///< `on_front` is set
    std::string text;          ///< for people, without a last newline
    bool interrupted = false;
    std::optional<double> min_accuracy; ///< drop: of validation, 0..1, that the result had to hold
};

/// The smallest network of a chain whose validation accuracy after fine-tuning is at most `max_drop_points` below
/// the original's: bisection over the fraction of MACs that stays, in ratios.
/// Throws `Error` when there is no validation part, or no tried network loses so little.
SearchResult search_drop(const graph::Network& original, const dataset::Dataset& dataset, const ChainStages& stages,
                         const Budget& budget, const ChainConfig& chain, const SearchConfig& config,
                         const LogFn& log);

/// Chains that `--method auto` tries by itself.
const std::vector<std::string>& default_chains();

/// The best network within the budget that any of the chains reaches, by successive halving: all chains with an
/// eighth of the epochs, the better third with half of them, the best with all; the winner's chain is then run at
/// the looser budgets `way` too, so that the front shows what more would buy.
/// "Best" is validation accuracy. Throws `Error` when there is no validation part or no chain can meet the budget.
SearchResult search_auto(const graph::Network& original, const dataset::Dataset& dataset, const Budget& budget,
                         const ChainConfig& chain, const SearchConfig& config, const LogFn& log);

/// Marks the trials that no other one equals or beats in accuracy and all three costs together (of equals, the
/// first stays).
void mark_front(std::vector<Trial>& trials);

nlohmann::json to_json(const std::vector<Trial>& trials);

/// The front as a table for people, most accurate first.
std::string front_text(std::vector<Trial> trials);

} // namespace prunedamr::prune
