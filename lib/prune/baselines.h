// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite.h"
#include "prunedamr/prune/budget.h"

namespace prunedamr::prune {

/// Layer baselines: units ranked at random, or by the mean absolute value of their conv weights; the least goes
/// first, until the budget is met; reassembly as in PSR. Throw `Error` when the budget cannot be met.
graph::Plan random_layers(const graph::Network& network, const Budget& budget, std::uint64_t seed);
graph::Plan l1_layers(const graph::Network& network, const Budget& budget, std::uint64_t seed);

} // namespace prunedamr::prune
