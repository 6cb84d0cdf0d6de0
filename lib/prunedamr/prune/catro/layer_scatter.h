// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/channel_layers.h"
#include "prunedamr/prune/catro/scatter.h"
#include "prunedamr/prune/samples.h"

#include <string>
#include <vector>

namespace prunedamr::prune {

/// Where a producing node's channels are looked at: its output after the norms and activations that follow it, as
/// long as each is the only reader.
std::string measured_node(const graph::Network& network, const std::string& producer);

/// Scatter of the groups of each layer, in inference mode. A group's scatter is the sum of those of its members: of
/// all their values as one long feature.
std::vector<Scatter> layer_scatter(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                                   const data::Dataset& dataset, const ClassFrames& frames,
                                   const std::string& device);

} // namespace prunedamr::prune
