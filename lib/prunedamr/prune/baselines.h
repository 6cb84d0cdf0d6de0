// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/prune_context.h"

#include <cstdint>
#include <optional>
#include <string>
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

/// What a baseline removes: whole units, or channels of every layer.
enum class Part { units, channels };
const char* to_string(Part part);

/// Throws `Error` for another name than "units" or "channels".
Part part_named(const std::string& name);

struct BaselineOptions {
    std::optional<Part> part;    ///< nothing: what the baseline was proposed for
    int samples_per_class = 100; ///< lcp: frames that probes learn from (train part) and are scored on (validation)
};

/// The baselines, by name: what scores least goes first until the budget is met.
///   random  any order (units, channels)
///   l1      mean |w| of a unit's convs; sum |w| of a channel's filter (arXiv 1608.08710) (units, channels)
///   fpgm    sum of distances of a channel's filter to the layer's other filters (arXiv 1811.00250) (channels)
///   bnp     mean |gamma| of the batch norms (arXiv 1708.06519) (units, channels)
///   lcp     accuracy that a linear probe gains over the unit (units)
/// Units leave as in PSR's reassembly. Channels leave every layer in the same proportion; what a group of tied channels
/// scores is the mean over its members. bnp leaves layers without a norm whole.
/// Throws `Error` for a part that the baseline cannot remove, or when the budget cannot be met.
PruneResult baseline(const std::string& name, const PruneContext& context, const BaselineOptions& options);

/// Removes the units of least score one by one until the reassembled network meets the budget.
graph::PruningPlan remove_lowest_units(const graph::Network& network, const Budget& budget,
                               const std::vector<double>& scores, std::uint64_t seed);

/// Plans that take groups of least score out of every scored layer in the same proportion, level by level one group of one
/// layer (that of which the smallest fraction is gone by then; the first on ties), until one is left of each. Layers of
/// an empty row of scores stay whole. `network`, `layers` and `scores` must outlive the schedule.
PruningSchedule uniform_schedule(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                      const GroupScores& scores);

} // namespace prunedamr::prune
