// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

struct SimilarityConfig {
    int batches = 5;
    int batch = 128; ///< frames; fewer when the validation part holds less than batches * batch, never below 8
    std::uint64_t seed = 1;
    std::string device = "cpu";
};

/// Unbiased CKA between the outputs (last nodes) of all units, averaged over disjoint batches of validation frames
/// drawn with the seed; inference mode. [units, units], symmetric, diagonal 1.
/// Throws `Error` when there are too few validation frames, or a unit's output is the same for every frame.
std::vector<std::vector<double>> unit_similarity(const graph::Network& network, const data::Dataset& dataset,
                                                 const SimilarityConfig& config);

} // namespace prunedamr::prune
