// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/network.h"

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// The node whose output the classifier, the last linear or conv of a network, reads.
std::string feature_node(const graph::Network& network);

/// Features before the classifier [frames, d], float64, on the CPU, in evaluation mode. Throws `Error` when they
/// are not finite.
torch::Tensor classifier_features(const graph::Network& network, const data::Dataset& dataset,
                                  const std::vector<std::int64_t>& frames, const std::string& device);

/// `count` frames of the train part (of the validation part where there is no train part), or all there are: at
/// random, the classes in turn, so that every stretch has them in equal shares for as long as all last.
std::vector<std::int64_t> draw_frames(const data::Dataset& dataset, std::size_t count, std::uint64_t seed);

} // namespace prunedamr::prune
