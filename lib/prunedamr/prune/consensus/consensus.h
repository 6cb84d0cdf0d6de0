// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/consensus/ranking.h"
#include "prunedamr/prune/task.h"

#include <string>
#include <vector>

namespace prunedamr::prune {

/// Consensus (arXiv 2411.14345): unit after unit is taken out, the one whose absence is felt least in the features
/// before the classifier as several distances agree.
struct ConsensusConfig {
    std::vector<std::string> distances; ///< names of `distances()`; empty: all eight
    int samples = 2048;                 ///< frames that the distances are taken over, >= 16
    int epochs_per_step = 10;           ///< fine-tuning between two removals, at most the task's own; 0: none
    int least_units = 2;                ///< of every stage that stay, >= 1
    int stability_sets = 4;             ///< disjoint sets of frames on which the first ranking is repeated; 0: none
};

/// Names for option checks, in the order of `distances()`.
std::vector<std::string> distance_names();

/// Units that can be taken out: removable ones that keep the shape, in depth order. (A transition unit's branch and
/// shortcut both change it, so neither stands for the other.)
std::vector<std::string> candidate_units(const graph::Network& network);

/// Distances from the features of `network` to those without each candidate, and their ranks. For a residual unit
/// the network without it is the network whose last norm in the branch is all zero, as the paper has it.
/// `names` are those of `distances()`; `title` names the progress bar.
UnitRanking rank_units(const graph::Network& network, const dataset::Dataset& dataset,
                       const std::vector<std::int64_t>& frames, const std::vector<std::string>& names,
                       const std::string& device, const std::string& title);

/// One unit at a time: rank, take out the unit of least rank sum (the first among equals; units of a stage that is
/// down to `least_units` are passed over), fine-tune as the task says (the paper: SGD, 0.01, Nesterov momentum 0.9)
/// for `epochs_per_step`, until the budget is met. The last removal is left to the task's own fine-tuning.
/// Throws `Error` for a bad option, too few frames, a network without candidates, or a budget out of reach.
Outcome consensus(const Task& task, const ConsensusConfig& config);

} // namespace prunedamr::prune
