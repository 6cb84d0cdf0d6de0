// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/channel_layers.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prunedamr::prune::rl {

/// Conv or linear node -> score of each output channel.
using FilterScores = std::map<std::string, std::vector<double>>;

/// First-order Taylor score of each filter: sum |w * dL/dw| over its weights, where L is the mean cross-entropy
/// over the frames `indices` (the calibration set, not empty). The network is in evaluation mode, as it is
/// rewarded; its batch norms keep their statistics.
FilterScores taylor_scores(const graph::Network& network, const dataset::Dataset& dataset,
                           const std::vector<std::int64_t>& indices, const std::string& device);

/// For each layer the indices of its kept groups, least score first (among equals the first group). A group's score
/// is the sum over its members. `kept` says which groups of the original `layers` the scored network still has.
std::vector<std::vector<int>> removal_ranking(const std::vector<graph::ChannelLayer>& layers,
                                              const graph::KeptGroups& kept, const graph::PruningPlan& plan,
                                              const FilterScores& scores);

/// An original network on its way down. Channels are named as in the original all the way.
struct State {
    graph::KeptGroups kept; ///< of the original's layers
    graph::Network network; ///< thinned accordingly, with whatever weights it has learned since
};

/// Where an original channel that `plan` keeps stands in the thinned network.
int position(const graph::PruningPlan& plan, const std::string& node, int channel);

/// The plan that takes a network thinned by `from` on to what `to` keeps of the original; `to` keeps no more.
graph::PruningPlan onwards(const graph::PruningPlan& from, const graph::PruningPlan& to);

/// Groups of each layer that `before` has and `after` has not, ascending.
graph::KeptGroups removed_between(const graph::KeptGroups& before, const graph::KeptGroups& after);

} // namespace prunedamr::prune::rl
