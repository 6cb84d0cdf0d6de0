// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/graph/network.h"

#include <map>
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

} // namespace prunedamr::prune
