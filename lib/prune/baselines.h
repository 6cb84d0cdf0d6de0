// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/method.h"

namespace prunedamr::prune {

/// Layer baselines: units ranked at random, or by the mean absolute value of their conv weights; the least goes
/// first, until the budget is met; reassembly as in PSR. Throw `Error` when the budget cannot be met.
graph::Plan random_units(const graph::Network& network, const Budget& budget, std::uint64_t seed);
graph::Plan l1_units(const graph::Network& network, const Budget& budget, std::uint64_t seed);

Outcome random_units(const Task& task);
Outcome l1_units(const Task& task);

} // namespace prunedamr::prune
