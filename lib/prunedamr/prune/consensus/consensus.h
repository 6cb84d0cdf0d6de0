// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/prune/prune_context.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace at {
class Tensor;
} // namespace at

namespace prunedamr::prune {

// The eight distances of arXiv 2411.14345 between two representations x, y [n, d] of the same n frames, float64,
// finite, on the CPU. All are >= 0 and 0 for y = x. A representation that does not vary has nothing in common with
// any: CKA distance 1, angle pi/2.

/// 1 - linear CKA of the centerd columns: 1 - |x'y|^2 / (|x'x| |y'y|) (Kornblith et al. 2019), 0..1. It does not
/// see rotation, reflection, shift and scale.
double cka_distance(const at::Tensor& x, const at::Tensor& y);

/// Angle between the centerd columns under the permutation of y's that brings them nearest (Williams et al. 2021),
/// 0..pi. It does not see the order, shift and common scale of the columns.
double permutation_distance(const at::Tensor& x, const at::Tensor& y);

/// Angle after the best rotation of partially whitened columns (Williams et al. 2021), 0..pi: `alpha` 1 rotates
/// only, 0 whitens fully (then no invertible linear map is seen). Means, whitening and rotation are learned on the
/// first four fifths of the rows, the angle is that of the last fifth: rows come in random order, 5 or more.
/// Directions with less than 1e-7 of the largest one's power are not amplified further.
double linear_shape_distance(const at::Tensor& x, const at::Tensor& y, double alpha);

/// Wasserstein distance of order 1 between the distributions of all n d values.
double wasserstein_distance(const at::Tensor& x, const at::Tensor& y);

/// Squared Bures distance of positive semidefinite a, b [d, d], float64: tr a + tr b - 2 tr((a^.5 b a^.5)^.5). It
/// is the part of the covariances in the squared Wasserstein-2 distance of two Gaussians.
double squared_bures(const at::Tensor& a, const at::Tensor& b);

/// Gaussian-stochastic shape distance (Duong et al. 2023) of x, y [n, d] float64 with labels [n] int64:
/// sqrt(mean over classes k of alpha |mu_k - mu'_k T|^2 + (2 - alpha) Bures^2(S_k, T' S'_k T)), alpha 0..2, with
/// the orthogonal T that makes it small: alternating Procrustes between T and one rotation per class and covariance
/// root, from the T that aligns the frames one by one, until it falls by less than a millionth, 300 times at most.
/// (The authors start from the T of the class means, of which fewer classes than channels leave much undecided.)
/// Classes of fewer than two frames do not count; throws `Error` when there is no other.
double gaussian_distance(const at::Tensor& x, const at::Tensor& y, const at::Tensor& labels, double alpha);

/// One row for each distance.
struct Distance {
    const char* name;
    const char* description;                                                          ///< one line for help texts
    double (*of)(const at::Tensor& x, const at::Tensor& y, const at::Tensor& labels); ///< labels [n] int64
};
const std::vector<Distance>& distances();
std::vector<std::string> distance_names();               ///< in the same order
const Distance& distance_named(const std::string& name); ///< throws `Error` listing the known names

/// The column of each row in the one-to-one assignment of largest total gain; `gain` is [n, n], row-major, finite.
/// Hungarian method (Kuhn 1955) by shortest augmenting paths with prices, O(n^3).
std::vector<int> best_assignment(const std::vector<double>& gain, int n);

/// Ranks from 1, the smallest value first; equal values share the mean of their ranks.
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

/// Consensus (arXiv 2411.14345): unit after unit is taken out, the one whose absence is felt least in the features
/// before the classifier as several distances agree.
struct ConsensusConfig {
    std::vector<std::string> distances; ///< names of `distances()`; empty: all eight
    int samples = 2048;                 ///< frames that the distances are taken over, >= 16
    int epochs_per_step = 10;           ///< fine-tuning between two removals, at most the context's own; 0: none
    int min_units = 2;                  ///< of every stage that stay, >= 1
    int stability_sets = 4;             ///< disjoint sets of frames on which the first ranking is repeated; 0: none
};

/// One unit at a time: rank, take out the unit of least rank sum (the first among equals; units of a stage that is
/// down to `min_units` are passed over), fine-tune as the context says (the paper: SGD, 0.01, Nesterov momentum
/// 0.9) for `epochs_per_step`, until the budget is met. The last removal is left to the context's own fine-tuning.
/// Throws `Error` for a bad option, too few frames, a network without candidates, or a budget out of reach.
PruneResult consensus(const PruneContext& context, const ConsensusConfig& config);

struct ConsensusStep {
    UnitRanking ranking;
    int removed = 0;                           ///< index into ranking.units
    std::optional<double> validation_accuracy; ///< 0..1, after the fine-tuning that followed, if any
};

/// What a run of the method found.
struct ConsensusReport {
    ConsensusConfig config;
    int frames = 0; ///< of each ranking
    std::vector<ConsensusStep> steps;
    std::optional<Stability> stability; ///< of the first ranking
};

/// {"distances": [names], "frames", "epochs_per_step", "min_units", "removed": [units in order],
///  "iterations": [{"units", "distance": {name: [per unit]}, "consensus": [rank sums], "removed",
///                  "validation_accuracy" (or null)}],
///  "stability" (or null): {"sets", "frames", "consensus", "distances": {name: mean Spearman}, "best_single":
///  name}}
nlohmann::json to_json(const ConsensusReport& report);

/// Which unit goes, its rank sum and that of the runner-up: one line.
std::string to_text(const ConsensusStep& step);

/// The order of removal and the stability of the first ranking: for people.
std::string to_text(const ConsensusReport& report);

} // namespace prunedamr::prune
