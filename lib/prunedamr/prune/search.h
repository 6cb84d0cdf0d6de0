// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/chain.h"
#include "prunedamr/prune/pareto.h"

#include <optional>

namespace prunedamr::prune {

struct SearchConfig {
    /// auto: chains to try; empty: `default_chains`.
    std::vector<std::string> chains;
    /// auto: budgets on the way to the wanted one, which is the last: shares of the way in ratios.
    std::vector<double> way = { 0.4, 0.7, 1.0 };
    int probes = 6; ///< drop: networks tried, each fine-tuned; what a method cannot reach costs none
};

/// What a search found, and everything that it tried.
struct SearchResult {
    ChainResult best;
    Stages stages;             ///< of the best
    std::vector<Trial> trials; ///< `on_front` is set
    std::string text;          ///< for people, without a last newline
    bool interrupted = false;
    std::optional<double> least_accuracy; ///< drop: of validation, 0..1, that the result had to hold
};

/// The smallest network of a chain whose validation accuracy after fine-tuning is at most `max_drop_points` below
/// the original's: bisection over the share of MACs that stays, in ratios.
/// Throws `Error` when there is no validation part, or no tried network loses so little.
SearchResult search_drop(const graph::Network& original, const data::Dataset& dataset, const Stages& stages,
                         const Budget& budget, const ChainConfig& chain, const SearchConfig& config,
                         const Say& say);

/// Chains that `--method auto` tries by itself.
const std::vector<std::string>& default_chains();

/// The best network within the budget that any of the chains reaches, by successive halving: all chains with an
/// eighth of the epochs, the better third with half of them, the best with all; the winner's chain is then run at
/// the looser budgets `way` too, so that the front shows what more would buy.
/// "Best" is validation accuracy. Throws `Error` when there is no validation part or no chain can meet the budget.
SearchResult search_auto(const graph::Network& original, const data::Dataset& dataset, const Budget& budget,
                         const ChainConfig& chain, const SearchConfig& config, const Say& say);

} // namespace prunedamr::prune
