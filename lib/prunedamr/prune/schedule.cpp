// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/schedule.h"

namespace prunedamr::prune {

graph::Plan descend(const graph::Network& network, const PruningSchedule& ladder, const Budget& budget)
{
    const graph::Plan last = ladder.plan(ladder.rungs - 1);
    const graph::Network smallest = graph::apply(network, last);
    if (!budget.met_by(smallest))
        refuse_budget(budget, smallest, "the smallest that this method reaches");
    int too_large = -1, fits = ladder.rungs - 1; // rungs
    while (fits - too_large > 1) {
        const int middle = too_large + (fits - too_large) / 2;
        (budget.met_by(graph::apply(network, ladder.plan(middle))) ? fits : too_large) = middle;
    }
    return ladder.plan(fits);
}

} // namespace prunedamr::prune
