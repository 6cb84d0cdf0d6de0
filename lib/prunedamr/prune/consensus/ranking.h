// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// Ranks from 1, the least value first; equal values share the mean of their ranks.
std::vector<double> average_ranks(const std::vector<double>& values);

/// Spearman's rank correlation, -1..1: Pearson's of the average ranks. NaN where one side is all equal.
double spearman(const std::vector<double>& a, const std::vector<double>& b);

/// Candidate units as several distances see them.
struct UnitRanking {
    std::vector<std::string> units; ///< in depth order
    std::vector<std::vector<double>>
        distances;                          ///< [distance][unit], from the features with the unit to those without
    std::vector<std::vector<double>> ranks; ///< [distance][unit], 1: its absence is felt least
    std::vector<double> consensus;          ///< [unit], sum of its ranks
};

/// Fills `ranks` and `consensus` from `distances`.
void add_ranks(UnitRanking& ranking);

/// How alike rankings of the same units on disjoint frames are: mean Spearman correlation over all pairs of them.
struct Stability {
    int sets = 0;                ///< of frames
    int frames = 0;              ///< in each
    double consensus = 0.0;      ///< of the rank sums; NaN where nothing can be said
    std::vector<double> singles; ///< of each distance alone

    int best_single() const; ///< index of the largest, the first among equals; -1 without one
};
Stability stability_of(const std::vector<UnitRanking>& rankings, int frames);

/// Units that can be taken out: removable ones that keep the shape, in depth order. (A transition unit's branch and
/// shortcut both change it, so neither stands for the other.)
std::vector<std::string> candidate_units(const graph::Network& network);

/// Distances from the features of `network` to those without each candidate, and their ranks. For a residual unit
/// the network without it is the network whose last norm in the branch is all zero, as the paper has it.
/// `names` are those of `distances()`; `title` names the progress bar.
UnitRanking rank_units(const graph::Network& network, const dataset::Dataset& dataset,
                       const std::vector<std::int64_t>& frames, const std::vector<std::string>& names,
                       const std::string& device, const std::string& title);

} // namespace prunedamr::prune
