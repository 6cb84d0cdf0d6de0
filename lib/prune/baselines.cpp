// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/baselines.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/prune/ladder.h"
#include "prunedamr/prune/psr/reassembly.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::prune {
namespace {

/// Removes the units of least score one by one until the reassembled network meets the budget.
graph::Plan remove_least(const graph::Network& network, const Budget& budget, const std::vector<double>& scores,
                         std::uint64_t seed)
{
    check_reachable(network, budget);
    std::vector<int> ranked(scores.size());
    std::iota(ranked.begin(), ranked.end(), 0);
    std::stable_sort(ranked.begin(), ranked.end(), [&](int a, int b) { return scores[a] > scores[b]; });
    const auto keep_best = [&](int removed) {
        return reassembly_plan(network, { ranked.begin(), ranked.end() - removed }, seed);
    };
    return descend(network, { static_cast<int>(ranked.size()) + 1, keep_best }, budget);
}

std::string removal_text(const graph::Plan& plan)
{
    std::string text = plan.method + ": removed";
    for (const std::string& unit : plan.remove_units)
        text += " " + unit;
    text += "; fresh weights:";
    for (const std::string& unit : plan.reinitialise_units)
        text += " " + unit;
    return text;
}

Outcome outcome_of(graph::Plan plan)
{
    std::string text = removal_text(plan);
    return { std::move(plan), nlohmann::json::object(), std::move(text) };
}

double mean_magnitude(const graph::Network& network, const graph::Unit& unit)
{
    double sum = 0.0;
    std::size_t count = 0;
    for (const std::string& name : unit.nodes) {
        if (network.node(name).op != graph::Op::conv)
            continue;
        for (float weight : network.tensor(name + ".weight").data)
            sum += std::abs(weight);
        count += network.tensor(name + ".weight").data.size();
    }
    return count ? sum / static_cast<double>(count) : 0.0;
}

} // namespace

graph::Plan random_units(const graph::Network& network, const Budget& budget, std::uint64_t seed)
{
    Rng rng(seed);
    std::vector<double> scores;
    for (std::size_t i = 0; i < network.units.size(); ++i)
        scores.push_back(rng.uniform());
    graph::Plan plan = remove_least(network, budget, scores, seed);
    plan.method = "random";
    return plan;
}

graph::Plan l1_units(const graph::Network& network, const Budget& budget, std::uint64_t seed)
{
    std::vector<double> scores;
    for (const graph::Unit& unit : network.units)
        scores.push_back(mean_magnitude(network, unit));
    graph::Plan plan = remove_least(network, budget, scores, seed);
    plan.method = "l1";
    return plan;
}

Outcome random_units(const Task& task)
{
    return outcome_of(random_units(task.network, task.budget, task.seed));
}

Outcome l1_units(const Task& task)
{
    return outcome_of(l1_units(task.network, task.budget, task.seed));
}

} // namespace prunedamr::prune
