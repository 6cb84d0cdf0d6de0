// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// Seed of the fresh weights of a run with `seed`. It differs from `seed`, so that a network trained from that very
/// seed does not meet its own initial weights again.
std::uint64_t fresh_seed(std::uint64_t seed);

/// Which units stay, as a plan: kept units grouped by stage, at least one per stage.
/// - Units that are neither removable nor transitions (the stem) always stay as they are.
/// - A transition unit that is kept stays as it is. One that is not stays as structure with fresh weights and
/// stands
///   in for the first kept unit of its stage, which goes.
/// - A stage of which nothing is kept leaves its first unit, with its trained weights.
/// `kept_units`: indices into network.units; plan.seed = fresh_seed(seed).
graph::Plan reassembly_plan(const graph::Network& network, const std::vector<int>& kept_units, std::uint64_t seed);

/// SynFlow (Tanaka et al. 2020), as arXiv 2406.07929 uses it: absolute value of every parameter and buffer, double
/// precision, batch norms in training mode, no dropout, input of ones [batch, 2, length]; R = sum of logits;
/// score = sum |theta * dR/dtheta|.
/// All rows are alike, so batch statistics do not depend on `batch` and the score is proportional to it: a small
/// batch ranks networks as a large one does. `batch` >= 1, or >= 2 where a batch norm sees one position per
/// channel.
double synflow_score(const graph::Network& network, int batch = 128, const std::string& device = "cpu");

} // namespace prunedamr::prune
