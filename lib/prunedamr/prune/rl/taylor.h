// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/channel_layers.h"
#include "prunedamr/graph/network.h"

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
FilterScores taylor_scores(const graph::Network& network, const data::Dataset& dataset,
                           const std::vector<std::int64_t>& indices, const std::string& device);

/// For each layer the indices of its kept groups, least score first (among equals the first group). A group's score
/// is the sum over its members. `kept` says which groups of the original `layers` the scored network still has.
std::vector<std::vector<int>> removal_ranking(const std::vector<graph::ChannelLayer>& layers,
                                              const graph::KeptGroups& kept, const graph::Plan& plan,
                                              const FilterScores& scores);

} // namespace prunedamr::prune::rl
