// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/prune/quantise/histogram.h"

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// Some frames of a data set and the device on which networks read them.
struct ObservedFrames {
    const data::Dataset& dataset;
    std::vector<std::int64_t> indices;
    std::string device = "cpu";
};

/// Values of each node over the frames, in 2048 bins. Throws `Error` naming a node whose values are not finite.
std::map<std::string, Histogram> observe(const graph::Network& network, const ObservedFrames& frames,
                                         const std::vector<std::string>& nodes);

/// Logits [frames, classes], float64, on the CPU.
torch::Tensor logits_of(const graph::Network& network, const ObservedFrames& frames);

/// Mean of each channel of a node over frames and positions, [channels], float64, on the CPU.
torch::Tensor channel_means(const graph::Network& network, const ObservedFrames& frames, const std::string& node);

} // namespace prunedamr::prune
