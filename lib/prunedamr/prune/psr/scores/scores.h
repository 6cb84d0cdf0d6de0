// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <string>
#include <vector>

namespace prunedamr::train {
struct Batch; // prunedamr/train/batches.h
}

namespace prunedamr::prune {

/// A score of a network that needs no training, for step 2 of PSR. SynFlow is the method's own; the others are what
/// its field compares with (Abdelfattah et al. 2021, arXiv 2101.08134, has all of them side by side).
struct TrainingFreeScore {
    const char* name;
    const char* description; ///< one line for help texts
    bool largest;            ///< the best network has the largest score; else the smallest
    bool reads_frames;       ///< of the batch of training frames
    double (*of)(const graph::Network& network, const train::Batch& batch, const std::string& device);
};

/// synflow (smallest, as arXiv 2406.07929 has it), grad_norm, snip, fisher, naswot, jacov (largest, as their
/// papers).
const std::vector<TrainingFreeScore>& training_free_scores();

/// Throws `Error` listing the known names.
const TrainingFreeScore& training_free_score(const std::string& name);

} // namespace prunedamr::prune
