// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/prune/prune_context.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// Of each channel of a node's output.
struct ChannelMoments {
    std::vector<double> mean;
    std::vector<double> deviation; ///< standard deviation v: v^2 = E[(x - E x)^2]
};
using MomentsByNode = std::map<std::string, ChannelMoments>;

/// Moments over all training frames and all positions of a channel together, in inference mode: v^2 is then the
/// mean square error of putting the channel's mean in its place, and 0 for a channel that never changes. (The mean
/// over positions of each position's own deviation would call a fixed pattern constant, which one number cannot
/// replace.) Throws `Error` when there are no training frames, or an activation is not finite.
MomentsByNode activation_moments(const graph::Network& network, const dataset::Dataset& dataset,
                                 const std::vector<std::string>& nodes, const std::string& device);

/// r_g in 0..1 of each group g of each layer [layers][groups]: how much the group varies beside the one of its
/// layer that varies most, wherever a conv or linear mixes its channels ("as the next layer sees it": after norm,
/// activation, shortcut and pool). With v_{g,n} the largest deviation of the group's channels at node n:
///   r_g = max over n of v_{g,n} / max over groups h of the layer of v_{h,n}.
/// Where a layer is read at one place, r_g > epsilon is v_g > epsilon * max v. Shortcuts are read at many places of
/// different scale; a group counts as much as it does where it matters most. 0 where nothing varies.
/// `moments`: of `graph::mixed_nodes`.
std::vector<std::vector<double>> relative_variability(const graph::Network& network,
                                                      const std::vector<graph::ChannelLayer>& layers,
                                                      const MomentsByNode& moments);

/// ODF2NNA (arXiv 2312.10560): from a deliberately large trained network keep the units whose output varies over
/// the data by more than a tolerance epsilon, move their weights into a smaller network, retrain lightly. The
/// paper's statistic and the scale of its epsilon could not be read. [ours]: v = standard deviation of a unit's
/// activation over the training set; it is kept iff v > epsilon * max v of its layer (`relative_variability`); the
/// mean of what is removed goes into the next layer's bias (`graph::fold_constants`). Units are hidden linear units
/// and, channel by channel, convs; channels tied by shortcuts go together. A layer keeps at least one.
struct OdfOptions {
    enum class Of { dense, channels, all };

    std::vector<double> epsilons; ///< ascending; none: the budget decides; several: a sweep is shown first
    Of of = Of::all;              ///< layers of hidden linear units, those with a conv, or both
};

/// "0.05", "0.01,0.05,0.1", or "sweep" for 0 to 0.5 in eight steps; ascending. Throws `Error` unless 0 <= each < 1.
std::vector<double> parse_epsilons(const std::string& text);

/// True when the method needs no budget: an epsilon is given.
bool chooses_alone(const OdfOptions& options);

/// What keeping by any epsilon makes of one network.
class VaryingUnits
{
public:
    /// Measures on the training part. Throws `Error` when no layer of that kind can be thinned.
    VaryingUnits(const PruneContext& context, OdfOptions::Of of);

    /// Of a given variability, for tests and tools. `moments` of `graph::mixed_nodes`.
    VaryingUnits(const graph::Network& network, OdfOptions::Of of, MomentsByNode moments);

    graph::KeptGroups kept(double epsilon) const;
    graph::PruningPlan plan(double epsilon) const;

    /// 0 and every epsilon at which one unit more goes, ascending, below 1.
    std::vector<double> steps() const;

    const std::vector<graph::ChannelLayer>& layers() const { return layers_; }
    const std::vector<std::vector<double>>& relative() const { return relative_; } ///< r [layers][groups]

private:
    const graph::Network& network_;
    std::vector<graph::ChannelLayer> layers_;
    MomentsByNode moments_;
    std::vector<std::vector<double>> relative_;
};

/// With limits: the smallest epsilon whose network meets them. Without: the given epsilon; of several the largest
/// that loses at most one point of validation accuracy before retraining (the smallest if all lose more).
/// Throws `Error` when the budget cannot be met, or both a budget and a single epsilon are given.
PruneResult odf2nna(const PruneContext& context, const OdfOptions& options);

/// One network, before retraining.
struct OdfStep {
    double epsilon = 0.0;
    graph::Cost cost;
    std::optional<double> validation_accuracy; ///< 0..1; none without a validation part
};

struct OdfRun {
    const VaryingUnits& units;
    OdfStep original;
    std::vector<OdfStep> sweep;
    OdfStep chosen;
    bool for_budget = false; ///< the budget chose
};

/// {"epsilon", "original", "chosen" and "sweep" [{"epsilon", "params", "macs", "validation_accuracy"}],
///  "layers": [{"name", "relative_variability", "kept"}]}
nlohmann::json to_json(const OdfRun& run);

/// Epsilon against size and accuracy as a table, and what stays of each layer.
std::string to_text(const OdfRun& run);

} // namespace prunedamr::prune
