// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/catro.h"

#include "prunedamr/base/error.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace prunedamr::prune {

ScatterSums::ScatterSums(std::int64_t channels, std::int64_t positions)
    : positions_(positions), within_(static_cast<std::size_t>(channels), 0.0)
{
    class_ = { 0, std::vector<double>(static_cast<std::size_t>(channels * positions), 0.0), within_ };
    all_ = class_;
}

void ScatterSums::add(const float* features, std::int64_t samples)
{
    class_.samples += samples;
    for (std::int64_t n = 0; n < samples; ++n) {
        double* sum = class_.sum.data();
        for (double& squares : class_.squares)
            for (std::int64_t p = 0; p < positions_; ++p) {
                const double value = *features++;
                *sum++ += value;
                squares += value * value;
            }
    }
}

void ScatterSums::end_class()
{
    const std::vector<double> scatter = class_.scatter(positions_);
    for (std::size_t k = 0; k < within_.size(); ++k) {
        within_[k] += scatter[k];
        all_.squares[k] += class_.squares[k];
    }
    for (std::size_t i = 0; i < all_.sum.size(); ++i)
        all_.sum[i] += class_.sum[i];
    all_.samples += class_.samples;
    class_.samples = 0;
    std::fill(class_.sum.begin(), class_.sum.end(), 0.0);
    std::fill(class_.squares.begin(), class_.squares.end(), 0.0);
}

Scatter ScatterSums::scatter() const
{
    Scatter result;
    const std::vector<double> total = all_.scatter(positions_);
    for (std::size_t k = 0; k < within_.size(); ++k) {
        result.within.push_back(2.0 * within_[k]);
        result.between.push_back(2.0 * std::max(0.0, total[k] - within_[k]));
    }
    return result;
}

std::vector<double> ScatterSums::Moments::scatter(std::int64_t positions) const
{
    constexpr double kRounding = 1e-12; // of the squares: a constant channel has no scatter
    std::vector<double> result(squares.size(), 0.0);
    auto value = sum.begin();
    for (std::size_t k = 0; k < squares.size(); ++k) {
        double of_mean = 0.0;
        for (std::int64_t p = 0; p < positions; ++p, ++value)
            of_mean += *value * *value;
        if (samples > 0)
            result[k] = squares[k] - of_mean / static_cast<double>(samples);
        if (result[k] < kRounding * squares[k])
            result[k] = 0.0;
    }
    return result;
}

namespace {

constexpr std::size_t kScatterBatch = 64; // frames

std::map<std::string, Scatter> scatter_by_node(const graph::Network& network, const std::set<std::string>& nodes,
                                               const dataset::Dataset& dataset, const ClassFrames& frames,
                                               const std::string& device_name)
{
    std::map<std::string, ScatterSums> sums;
    const auto shapes = graph::infer_shapes(network);
    for (const std::string& node : nodes) {
        const graph::Shape& shape = shapes.at(node);
        sums.emplace(node, ScatterSums(shape.channels, shape.height * shape.width));
    }
    const at::Device device = nn::device_from_name(device_name);
    const at::NoGradGuard no_grad;
    nn::GraphModule module(network);
    module.to(device);
    module.eval();
    const std::vector<std::string> names(nodes.begin(), nodes.end());
    for (const auto& of_class : frames) {
        for (std::size_t first = 0; first < of_class.size(); first += kScatterBatch) {
            const auto batch = train::gather(dataset, of_class, first, kScatterBatch);
            std::map<std::string, at::Tensor> outputs;
            module.forward(batch.frames.to(device), names, outputs);
            for (auto& [node, of_node] : sums) {
                const at::Tensor features = outputs.at(node).to(at::kCPU, at::kFloat).contiguous();
                of_node.add(features.data_ptr<float>(), features.size(0));
            }
        }
        for (auto& [node, of_node] : sums)
            of_node.end_class();
    }
    std::map<std::string, Scatter> scatter;
    for (const auto& [node, of_node] : sums)
        scatter[node] = of_node.scatter();
    return scatter;
}

} // namespace

std::string measured_node(const graph::Network& network, const std::string& producer)
{
    std::string node = producer;
    for (;;) {
        const std::vector<std::string> readers = graph::consumers(network, node);
        if (readers.size() != 1)
            return node;
        const graph::Op op = network.node(readers[0]).op;
        if (op != graph::Op::batch_norm && op != graph::Op::relu && op != graph::Op::sigmoid)
            return node;
        node = readers[0];
    }
}

std::vector<Scatter> layer_scatter(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                                   const dataset::Dataset& dataset, const ClassFrames& frames,
                                   const std::string& device)
{
    std::map<std::string, std::string> measured;
    std::set<std::string> nodes;
    for (const auto& layer : layers)
        for (const std::string& producer : layer.nodes)
            nodes.insert(measured[producer] = measured_node(network, producer));
    const auto by_node = scatter_by_node(network, nodes, dataset, frames, device);

    std::vector<Scatter> scatter;
    for (const auto& layer : layers) {
        Scatter of_layer;
        for (const auto& group : layer.groups) {
            double between = 0.0, within = 0.0;
            for (const auto& [producer, channel] : group.members) {
                const Scatter& of_node = by_node.at(measured.at(producer));
                between += of_node.between[static_cast<std::size_t>(channel)];
                within += of_node.within[static_cast<std::size_t>(channel)];
            }
            of_layer.between.push_back(between);
            of_layer.within.push_back(within);
        }
        scatter.push_back(std::move(of_layer));
    }
    return scatter;
}

namespace {

std::vector<int> largest(const Scatter& scatter, double lambda, int size)
{
    constexpr double kMinScatter = 1e-9; // of the largest
    std::vector<double> gain(scatter.between.size());
    double highest = 0.0;
    for (std::size_t k = 0; k < gain.size(); ++k)
        highest = std::max(highest, scatter.between[k] + scatter.within[k]);
    for (std::size_t k = 0; k < gain.size(); ++k)
        gain[k] = scatter.between[k] + scatter.within[k] > kMinScatter * highest
                      ? scatter.between[k] - lambda * scatter.within[k]
                      : -std::numeric_limits<double>::infinity();
    std::vector<int> ranked(gain.size());
    std::iota(ranked.begin(), ranked.end(), 0);
    std::stable_sort(ranked.begin(), ranked.end(), [&](int a, int b) { return gain[a] > gain[b]; });
    ranked.resize(static_cast<std::size_t>(size));
    std::sort(ranked.begin(), ranked.end());
    return ranked;
}

} // namespace

double trace_ratio(const Scatter& scatter, const std::vector<int>& set)
{
    constexpr double kMinWithin = 1e-12; // of the scatter between classes
    double between = 0.0, within = 0.0;
    for (const int k : set) {
        between += scatter.between[static_cast<std::size_t>(k)];
        within += scatter.within[static_cast<std::size_t>(k)];
    }
    return between > 0.0 ? between / std::max(within, kMinWithin * between) : 0.0;
}

TraceRatioSet largest_trace_ratio(const Scatter& scatter, int size)
{
    PRUNEDAMR_CHECK(size >= 1 && size <= static_cast<int>(scatter.between.size()), "size of a set of channels");
    TraceRatioSet best{ largest(scatter, 0.0, size), 0.0, 1 };
    best.ratio = trace_ratio(scatter, best.set);
    for (;; ++best.iterations) {
        std::vector<int> set = largest(scatter, best.ratio, size);
        const double ratio = trace_ratio(scatter, set);
        if (!(ratio > best.ratio))
            return best;
        best.set = std::move(set);
        best.ratio = ratio;
    }
}

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
