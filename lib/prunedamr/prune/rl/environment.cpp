// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/environment.h"

#include "prunedamr/base/error.h"
#include "prunedamr/prune/cost_report.h"
#include "prunedamr/prune/rl/taylor.h"

#include <algorithm>
#include <numeric>

namespace prunedamr::prune::rl {
namespace {

std::vector<graph::ChannelLayer> layers_of(const graph::Network& network)
{
    auto layers = graph::channel_layers(network);
    if (layers.empty())
        throw Error{ { "nothing to prune", "network", "no removable channels", "" } };
    return layers;
}

std::vector<std::int64_t> frames_of(const dataset::Dataset& dataset, dataset::Part part, const char* what)
{
    auto indices = dataset.indices(part);
    if (indices.empty())
        throw Error{ { "no frames in this part of the data set", what, "0", "at least 1" } };
    return indices;
}

double cut(double now, double whole)
{
    return whole > 0.0 ? 1.0 - now / whole : 0.0;
}

/// The least count in 1..most for which `enough` holds; it holds for `most` and, once it does, for all above.
template <class Enough> int fewest(int most, const Enough& enough)
{
    int too_few = 0;
    while (most - too_few > 1) {
        const int middle = too_few + (most - too_few) / 2;
        (enough(middle) ? most : too_few) = middle;
    }
    return most;
}

} // namespace

PruningEnvironment::PruningEnvironment(const Task& task, const RlOptions& options)
    : task_(task), options_(options), layers_(layers_of(task.network)), thinned_(task.network, layers_),
      calibration_(
          draw(frames_of(task.dataset, dataset::Part::train, "train"), options.calibration_frames, task.seed)),
      frames_(task.dataset,
              draw(frames_of(task.dataset, dataset::Part::validation, "validation"), options.reward_frames, task.seed),
              task.fine_tune.device)
{
    const State whole = original();
    whole_ = thinned_.of(whole.kept);
    const auto all = widths(whole);
    filters_ = std::accumulate(all.begin(), all.end(), 0);
    step_filters_ = std::max(1, static_cast<int>(filters_ * options.step));
    graph::KeptGroups one(layers_.size(), { 0 });
    const auto smallest = graph::apply(task.network, graph::channel_plan(task.network, layers_, one));
    if (!task.budget.met_by(smallest))
        refuse_budget(task.budget, smallest, "the smallest reachable (one filter per layer)");
    if (options.latency_weight > 0.0)
        whole_latency_us_ = latency_us(whole);
}

std::vector<int> PruningEnvironment::widths(const State& state) const
{
    std::vector<int> widths;
    for (const auto& groups : state.kept)
        widths.push_back(static_cast<int>(groups.size()));
    return widths;
}

std::vector<int> PruningEnvironment::removable(const State& state) const
{
    std::vector<int> counts = widths(state);
    for (int& count : counts)
        --count;
    return counts;
}

graph::Plan PruningEnvironment::plan(const State& state) const
{
    return graph::channel_plan(task_.network, layers_, state.kept);
}

Ranking PruningEnvironment::ranking(const State& state) const
{
    const auto scores = taylor_scores(state.network, task_.dataset, calibration_, task_.fine_tune.device);
    return removal_ranking(layers_, state.kept, plan(state), scores);
}

graph::Cost PruningEnvironment::cost_without(const State& state, const std::vector<int>& order, int removals) const
{
    std::vector<int> left = widths(state);
    for (int i = 0; i < removals; ++i)
        --left[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    return thinned_.of(left);
}

bool PruningEnvironment::meets(const State& state, const Ranking& ranking, const std::vector<int>& order,
                         int removals) const
{
    return task_.budget.allows(cost_without(state, order, removals), task_.network.units.size()) &&
           (!task_.budget.limits_latency() || finished(removed(state, ranking, order, removals)));
}

State PruningEnvironment::without(const State& state, const graph::KeptGroups& removed) const
{
    State smaller{ state.kept, {} };
    for (std::size_t l = 0; l < removed.size(); ++l)
        for (const int group : removed[l])
            smaller.kept[l].erase(std::find(smaller.kept[l].begin(), smaller.kept[l].end(), group));
    smaller.network = graph::apply(state.network, onwards(plan(state), plan(smaller)));
    return smaller;
}

State PruningEnvironment::removed(const State& state, const Ranking& ranking, const std::vector<int>& order,
                            int removals) const
{
    graph::KeptGroups gone(layers_.size());
    for (int i = 0; i < removals; ++i) {
        const auto layer = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
        gone[layer].push_back(ranking[layer][gone[layer].size()]);
    }
    return without(state, gone);
}

State PruningEnvironment::act(const State& state, const Ranking& ranking, const Policy& action) const
{
    const auto order = removal_order(action, removable(state), step_filters_);
    int removals = static_cast<int>(order.size());
    const auto enough = [&](int count) { return meets(state, ranking, order, count); };
    if (!task_.budget.limits_latency() && enough(removals))
        removals = fewest(removals, enough);
    return removed(state, ranking, order, removals);
}

State PruningEnvironment::tightened(const State& before, const Ranking& ranking, const Policy& action, State after) const
{
    if (!task_.budget.limits_latency() || !finished(after))
        return after;
    const auto order = removal_order(action, removable(before), step_filters_);
    const int removals = static_cast<int>(order.size());
    const int least = fewest(removals, [&](int count) { return meets(before, ranking, order, count); });
    return least < removals ? removed(before, ranking, order, least) : after;
}

double PruningEnvironment::latency_us(const State& state) const
{
    const std::lock_guard lock(latency_mutex_);
    const auto found = latency_us_.find(widths(state));
    if (found != latency_us_.end())
        return found->second;
    return latency_us_[widths(state)] = engine_latency_us(state.network);
}

Reward PruningEnvironment::reward(const State& state) const
{
    const graph::Cost cost = thinned_.of(state.kept);
    const double accuracy = frames_.accuracy(state.network);
    double value = accuracy;
    value +=
        options_.flops_weight * cut(static_cast<double>(cost.paper_flops), static_cast<double>(whole_.paper_flops));
    value += options_.params_weight * cut(static_cast<double>(cost.params), static_cast<double>(whole_.params));
    if (options_.latency_weight > 0.0)
        value += options_.latency_weight * cut(latency_us(state), whole_latency_us_);
    return { value, accuracy };
}

bool PruningEnvironment::finished(const State& state) const
{
    return task_.budget.allows(thinned_.of(state.kept), task_.network.units.size()) &&
           (!task_.budget.limits_latency() || task_.budget.met_by(state.network));
}

int PruningEnvironment::steps_left(const State& state, const Policy& policy) const
{
    const auto order = removal_order(policy, removable(state), filters_);
    Ranking any = state.kept;
    const int removals = fewest(std::max(1, static_cast<int>(order.size())),
                                [&](int count) { return meets(state, any, order, count); });
    return (removals + step_filters_ - 1) / step_filters_;
}

} // namespace prunedamr::prune::rl
