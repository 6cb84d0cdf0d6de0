// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/catro.h"

#include "prunedamr/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace prunedamr::prune {
namespace {

using Widths = std::vector<int>;

/// The plan that keeps so many groups of each layer, those of largest trace ratio.
graph::PruningPlan plan_of(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                           const std::vector<Scatter>& scatter, const Widths& widths)
{
    graph::KeptGroups kept;
    for (std::size_t l = 0; l < layers.size(); ++l)
        kept.push_back(largest_trace_ratio(scatter[l], widths[l]).set);
    graph::PruningPlan plan = graph::channel_plan(network, layers, kept);
    plan.method = "catro";
    return plan;
}

/// Whether a limit is about something that thinning changes and that is counted, not measured.
bool is_priced(const Budget::Limit& limit)
{
    return limit.quantity != Budget::Quantity::units && limit.quantity != Budget::Quantity::latency;
}

/// The priced limits of a budget; MACs where it has none.
std::vector<LimitedCost> limited_costs(const graph::Network& network,
                                       const std::vector<graph::ChannelLayer>& layers, const Budget& budget)
{
    std::vector<LimitedCost> costs;
    for (const Budget::Limit& limit : budget.limits)
        if (is_priced(limit))
            costs.push_back({ WidthCost(network, layers, limit.quantity), limit.limit });
    if (costs.empty())
        costs.push_back(
            { WidthCost(network, layers, Budget::Quantity::macs), static_cast<double>(graph::cost(network).macs) });
    return costs;
}

/// The least of the bounds that single limits give; where none is priced, that of the MACs of the chosen widths.
double bound_of(const LayerValues& values, std::vector<LimitedCost> costs, const Budget& budget,
                const Widths& widths)
{
    const bool priced = std::any_of(budget.limits.begin(), budget.limits.end(), is_priced);
    double bound = static_cast<double>(values.size());
    for (LimitedCost& limited : costs) {
        if (!priced)
            limited.limit = limited.cost.of(widths);
        bound = std::min(bound, objective_bound(values, limited));
    }
    return bound;
}

} // namespace

std::vector<double> layer_value(const Scatter& scatter)
{
    std::vector<double> ratios;
    for (int k = 0; k < static_cast<int>(scatter.between.size()); ++k)
        ratios.push_back(trace_ratio(scatter, { k }));
    std::sort(ratios.begin(), ratios.end(), std::greater<>());
    std::vector<double> value = { 0.0 };
    double sum = 0.0;
    for (const double ratio : ratios)
        value.push_back(std::log1p(sum += ratio));
    const double whole = value.back();
    for (double& v : value)
        v = whole > 0.0 ? v / whole : 0.0;
    return value;
}

CatroResult catro(const graph::Network& network, const dataset::Dataset& dataset, const ClassFrames& samples,
                  const Budget& budget, const std::string& device)
{
    const auto layers = graph::channel_layers(network);
    if (layers.empty())
        throw Error{ { "no channel can be removed", "network", "", "a layer of two or more" } };
    const auto scatter = layer_scatter(network, layers, dataset, samples, device);
    LayerValues values;
    for (const Scatter& of_layer : scatter)
        values.push_back(layer_value(of_layer));

    const graph::PrunedCost thinned(network, layers);
    const auto plan = [&](const Widths& widths) { return plan_of(network, layers, scatter, widths); };
    const auto allowed = [&](const Widths& widths) {
        return budget.allows(thinned.of(widths), network.units.size()) &&
               (!budget.limits_latency() || budget.met_by(graph::apply(network, plan(widths))));
    };
    const auto costs = limited_costs(network, layers, budget);
    const auto widths = choose_widths(values, costs, allowed, !budget.limits_latency());
    if (!widths)
        refuse_budget(budget, graph::apply(network, plan(Widths(layers.size(), 1))),
                      "the smallest that channels alone reach (one group per layer)");

    CatroResult result;
    for (const auto& of_class : samples)
        result.samples += static_cast<int>(of_class.size());
    result.objective = objective(values, *widths);
    result.bound = std::max(result.objective, bound_of(values, costs, budget, *widths));
    result.plan = plan(*widths);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const TraceRatioSet best = largest_trace_ratio(scatter[l], (*widths)[l]);
        const auto all = static_cast<int>(layers[l].groups.size());
        result.layers.push_back(
            { layers[l], scatter[l], best.set, best.ratio, largest_trace_ratio(scatter[l], all).ratio });
    }
    return result;
}

PruneResult catro(const PruneContext& context, const CatroOptions& options)
{
    const auto samples = draw_per_class(context.dataset, labeled_frames(context.dataset, context.fine_tune),
                                        options.samples_per_class, context.seed);
    const CatroResult result =
        catro(context.network, context.dataset, samples, context.budget, context.fine_tune.device);
    return { result.plan, to_json(result), to_text(result) };
}

nlohmann::json to_json(const CatroResult& result)
{
    nlohmann::json layers = nlohmann::json::array();
    for (const CatroLayer& of : result.layers)
        layers.push_back({ { "name", of.layer.name },
                           { "nodes", of.layer.nodes },
                           { "groups", of.layer.groups.size() },
                           { "kept", of.kept },
                           { "between", of.scatter.between },
                           { "within", of.scatter.within },
                           { "ratio", of.ratio },
                           { "whole_ratio", of.whole_ratio } });
    return { { "samples", result.samples },
             { "objective", result.objective },
             { "bound", result.bound },
             { "layers", std::move(layers) } };
}

std::string to_text(const CatroResult& result)
{
    std::size_t kept = 0, all = 0, width = 0;
    for (const CatroLayer& of : result.layers) {
        kept += of.kept.size();
        all += of.layer.groups.size();
        width = std::max(width, of.layer.name.size());
    }
    const auto layers = static_cast<double>(result.layers.size());
    std::string text = fmt::format(
        "catro: {} labeled frames; {} of {} channel groups stay in {} layers\n"
        "layer budgets: objective {:.4f}, at most {:.4f} within the budget: greedy reached at least {:.1f} %\n",
        result.samples, kept, all, result.layers.size(), result.objective / layers, result.bound / layers,
        result.bound > 0.0 ? 100.0 * result.objective / result.bound : 100.0);
    text += std::string(width, ' ') + "    kept of   trace ratio -> of those kept";
    for (const CatroLayer& of : result.layers)
        text += fmt::format("\n{:<{}}  {:6} {:4}   {:.4f} -> {:.4f}", of.layer.name, width, of.kept.size(),
                            of.layer.groups.size(), of.whole_ratio, of.ratio);
    return text;
}

} // namespace prunedamr::prune
