// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/graph/network.h"

#include <cstdint>
#include <vector>

namespace prunedamr::prune {

/// One score per unit.
std::vector<double> random_unit_scores(const graph::Network& network, std::uint64_t seed);
std::vector<double> l1_unit_scores(const graph::Network& network);  ///< mean |w| of all conv weights; 0 without any
std::vector<double> bnp_unit_scores(const graph::Network& network); ///< mean |gamma| of all norms; 0 without any

/// One score per group of every layer; an empty row of a layer that cannot be scored.
using GroupScores = std::vector<std::vector<double>>;
GroupScores random_group_scores(const std::vector<graph::ChannelLayer>& layers, std::uint64_t seed);
/// Mean over the group's members of sum |w| of the filter.
GroupScores l1_group_scores(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers);
/// Mean over the group's members of sum_j |w - w_j|, all filters j of the node: least near their geometric median.
GroupScores fpgm_group_scores(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers);
/// Mean |gamma| over the channels of all batch norms that carry the group.
GroupScores bnp_group_scores(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers);

} // namespace prunedamr::prune
