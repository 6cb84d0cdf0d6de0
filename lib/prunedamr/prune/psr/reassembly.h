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
graph::PruningPlan reassembly_plan(const graph::Network& network, const std::vector<int>& kept_units,
                                   std::uint64_t seed);

} // namespace prunedamr::prune
