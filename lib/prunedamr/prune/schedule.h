// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/prune/budget.h"

#include <functional>

namespace prunedamr::prune {

/// Plans of one method from the largest network (rung 0) to the smallest; costs must not rise from rung to rung.
struct PruningSchedule {
    int rungs = 1;
    std::function<graph::Plan(int rung)> plan;
};

/// The plan of the first rung whose network meets the budget, by bisection.
/// Throws `Error` naming the smallest reachable amounts when the last rung does not.
graph::Plan descend(const graph::Network& network, const PruningSchedule& ladder, const Budget& budget);

} // namespace prunedamr::prune
