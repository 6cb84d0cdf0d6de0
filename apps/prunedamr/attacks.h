// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace prunedamr::tool {

/// Prints the accuracy under each attack; returns [{"attack", "kind", its level, "frames", "accuracy", "by_snr"}].
using Attacks = std::function<nlohmann::json(const graph::Network& network, const dataset::Dataset& dataset,
                                             const std::vector<std::int64_t>& indices)>;

/// `texts` as `train::parse_attack` reads them, measured on about `frames` of the frames, as many of each class and
/// SNR (0: all). Throws `Error` for a text that is no attack, or in a build without LibTorch.
Attacks make_attacks(const std::vector<std::string>& texts, int frames);

} // namespace prunedamr::tool
