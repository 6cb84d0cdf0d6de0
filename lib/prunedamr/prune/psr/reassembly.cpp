// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/reassembly.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"

#include <algorithm>
#include <map>

namespace prunedamr::prune {

std::uint64_t fresh_seed(std::uint64_t seed)
{
    constexpr int kDroppedBits = 11; // JSON readers hold 53
    return Rng(seed).fork(1).next() >> kDroppedBits;
}

graph::PruningPlan reassembly_plan(const graph::Network& network, const std::vector<int>& kept_units,
                                   std::uint64_t seed)
{
    const auto& units = network.units;
    std::vector<bool> keep(units.size(), false);
    for (int unit : kept_units) {
        PRUNEDAMR_CHECK(unit >= 0 && unit < static_cast<int>(units.size()), "index of a unit");
        keep[unit] = true;
    }
    std::map<int, std::vector<std::size_t>> stages;
    for (std::size_t i = 0; i < units.size(); ++i) {
        keep[i] = keep[i] || (!units[i].removable && !units[i].transition);
        stages[units[i].stage].push_back(i);
    }

    graph::PruningPlan plan;
    plan.seed = fresh_seed(seed);
    for (const auto& [stage, members] : stages) {
        const auto kept = [&](std::size_t unit) { return keep[unit] && !units[unit].transition; };
        if (std::none_of(members.begin(), members.end(), [&](std::size_t unit) { return keep[unit]; }))
            keep[members.front()] = true;
        for (std::size_t unit : members) {
            if (!units[unit].transition || keep[unit])
                continue;
            keep[unit] = true;
            plan.reinitialize_units.push_back(units[unit].name);
            const auto replaced = std::find_if(members.begin(), members.end(), kept);
            if (replaced != members.end())
                keep[*replaced] = false;
        }
    }
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (!keep[i])
            plan.remove_units.push_back(units[i].name);
    }
    return plan;
}

} // namespace prunedamr::prune
