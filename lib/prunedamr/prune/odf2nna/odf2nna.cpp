// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/odf2nna/odf2nna.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/progress.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/graph/rewrite/edits.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/evaluate.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

namespace prunedamr::prune {
namespace {

constexpr std::size_t kMomentsBatch = 256;

/// Sums over frames and positions of one node's channels, about each channel's first value: exact for constants.
class Sums
{
public:
    void add(const at::Tensor& activation) // [batch, C, H, W]
    {
        if (!origin_.defined())
            origin_ = activation.slice(0, 0, 1).slice(2, 0, 1).slice(3, 0, 1).to(at::kDouble);
        const at::Tensor distance = activation.to(at::kDouble) - origin_;
        const at::Tensor sum = distance.sum({ 0, 2, 3 }), square = distance.square().sum({ 0, 2, 3 });
        sum_ = sum_.defined() ? sum_ + sum : sum;
        square_ = square_.defined() ? square_ + square : square;
        count_ += activation.numel() / activation.size(1);
    }

    ChannelMoments moments(const std::string& node) const
    {
        const at::Tensor shift = sum_ / static_cast<double>(count_);
        const at::Tensor variance = (square_ / static_cast<double>(count_) - shift.square()).clamp_min(0.0);
        const at::Tensor mean = (shift + origin_.flatten()).to(at::kCPU).contiguous();
        const at::Tensor deviation = variance.sqrt().to(at::kCPU).contiguous();
        if (!at::isfinite(mean + deviation).all().item<bool>())
            throw Error{ { "activation is not finite", "node '" + node + "'", "", "a trained network" } };
        const auto values = [](const at::Tensor& t) {
            return std::vector<double>(t.data_ptr<double>(), t.data_ptr<double>() + t.numel());
        };
        return { values(mean), values(deviation) };
    }

private:
    at::Tensor origin_, sum_, square_;
    std::int64_t count_ = 0;
};

/// For each channel of a node, the layer and group that it belongs to; {-1, -1} for none.
std::vector<std::pair<int, int>> owners(const graph::ChannelTies& ties, const std::string& node,
                                        const std::map<int, std::pair<int, int>>& by_tie)
{
    std::vector<std::pair<int, int>> owner;
    for (const int tie : ties.groups(node)) {
        const auto found = by_tie.find(tie);
        owner.push_back(found == by_tie.end() ? std::pair(-1, -1) : found->second);
    }
    return owner;
}

} // namespace

MomentsByNode activation_moments(const graph::Network& network, const dataset::Dataset& dataset,
                                 const std::vector<std::string>& nodes, const std::string& device)
{
    const std::vector<std::int64_t> frames = dataset.indices(dataset::Split::train);
    if (frames.empty())
        throw Error{ { "no training frames to measure activations on", "data set", "0", "at least 1" } };
    const at::NoGradGuard no_grad;
    const at::Device target = nn::device_from_name(device);
    nn::GraphModule module(network);
    module.to(target);
    module.eval();
    std::map<std::string, Sums> sums;
    Progress progress("activations", 1);
    for (std::size_t first = 0; first < frames.size(); first += kMomentsBatch) {
        std::map<std::string, at::Tensor> outputs;
        module.forward(train::gather(dataset, frames, first, kMomentsBatch).frames.to(target), nodes, outputs);
        for (const auto& [node, activation] : outputs)
            sums[node].add(activation);
        progress.within_step(static_cast<double>(first) / static_cast<double>(frames.size()));
    }
    progress.step_done(std::to_string(frames.size()) + " frames");
    MomentsByNode moments;
    for (const std::string& node : nodes)
        moments[node] = sums.at(node).moments(node);
    return moments;
}

std::vector<std::vector<double>> relative_variability(const graph::Network& network,
                                                      const std::vector<graph::ChannelLayer>& layers,
                                                      const MomentsByNode& moments)
{
    const graph::ChannelTies ties(network);
    std::map<int, std::pair<int, int>> by_tie;
    std::vector<std::vector<double>> relative;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        relative.emplace_back(layers[l].groups.size(), 0.0);
        for (std::size_t g = 0; g < layers[l].groups.size(); ++g) {
            const auto& [node, channel] = layers[l].groups[g].members.front();
            by_tie[ties.groups(node)[static_cast<std::size_t>(channel)]] = { static_cast<int>(l),
                                                                             static_cast<int>(g) };
        }
    }
    for (const auto& [node, channels] : moments) {
        std::map<std::pair<int, int>, double> of_group;
        std::map<int, double> of_layer;
        const auto owner = owners(ties, node, by_tie);
        for (std::size_t c = 0; c < owner.size(); ++c) {
            const double deviation = channels.deviation[c];
            of_group[owner[c]] = std::max(of_group[owner[c]], deviation);
            of_layer[owner[c].first] = std::max(of_layer[owner[c].first], deviation);
        }
        for (const auto& [group, deviation] : of_group)
            if (group.first >= 0 && deviation > 0.0) {
                double& highest =
                    relative[static_cast<std::size_t>(group.first)][static_cast<std::size_t>(group.second)];
                highest = std::max(highest, deviation / of_layer[group.first]);
            }
    }
    return relative;
}

namespace {

constexpr double kSweepLoss = 0.01; // of validation accuracy, before retraining

bool is_dense(const graph::Network& network, const graph::ChannelLayer& layer)
{
    return std::all_of(layer.nodes.begin(), layer.nodes.end(),
                       [&](const std::string& node) { return network.node(node).op == graph::Op::linear; });
}

std::vector<graph::ChannelLayer> layers_of(const graph::Network& network, OdfOptions::Of of)
{
    auto layers = graph::channel_layers(network);
    const auto other_kind = [&](const graph::ChannelLayer& layer) {
        return of != OdfOptions::Of::all && is_dense(network, layer) != (of == OdfOptions::Of::dense);
    };
    layers.erase(std::remove_if(layers.begin(), layers.end(), other_kind), layers.end());
    if (layers.empty())
        throw Error{ { "nothing to prune", "network", "no layer of two or more removable units",
                       of == OdfOptions::Of::dense ? "hidden linear layers (or --layers all)"
                                                   : "convs or hidden linears" } };
    return layers;
}

OdfStep measured(const PruneContext& context, const graph::Network& network, double epsilon)
{
    OdfStep step{ epsilon, graph::cost(network), std::nullopt };
    if (!context.dataset.indices(dataset::Split::validation).empty())
        step.validation_accuracy =
            train::evaluate(network, context.dataset, dataset::Split::validation, context.fine_tune.device)
                .accuracy();
    return step;
}

double epsilon_for_budget(const PruneContext& context, const VaryingUnits& units)
{
    const std::vector<double> steps = units.steps();
    std::size_t chosen = 0; // `bisect` returns the last plan that it asks for
    bisect(context.network,
           { static_cast<int>(steps.size()),
             [&](int level) {
                 chosen = static_cast<std::size_t>(level);
                 return units.plan(steps[chosen]);
             } },
           context.budget);
    return steps[chosen];
}

double epsilon_of_sweep(const OdfRun& run)
{
    double chosen = run.sweep.front().epsilon;
    for (const OdfStep& step : run.sweep)
        if (*step.validation_accuracy >= *run.original.validation_accuracy - kSweepLoss)
            chosen = step.epsilon;
    return chosen;
}

void sweep(const PruneContext& context, const VaryingUnits& units, const std::vector<double>& epsilons, OdfRun& run)
{
    if (!run.original.validation_accuracy)
        throw Error{ { "no validation frames to compare epsilons on", "data set", "0", "at least 1" } };
    Progress progress("epsilon", static_cast<int>(epsilons.size()));
    for (const double epsilon : epsilons) {
        run.sweep.push_back(measured(context, graph::apply(context.network, units.plan(epsilon)), epsilon));
        progress.step_done(std::to_string(run.sweep.back().cost.params) + " params");
    }
}

} // namespace

std::vector<double> parse_epsilons(const std::string& text)
{
    if (text == "sweep")
        return { 0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5 };
    std::set<double> epsilons;
    std::istringstream list(text + ",");
    for (std::string number; std::getline(list, number, ',');) {
        std::size_t used = 0;
        double value = -1.0;
        try {
            value = std::stod(number, &used);
        } catch (const std::logic_error&) {
        }
        if (used == 0 || used != number.size() || !(value >= 0.0 && value < 1.0))
            throw Error{ { "bad epsilon", "epsilon " + text, number,
                           "a number from 0 to below 1, several joined by commas, or sweep" } };
        epsilons.insert(value);
    }
    return { epsilons.begin(), epsilons.end() };
}

bool chooses_alone(const OdfOptions& options)
{
    return !options.epsilons.empty();
}

VaryingUnits::VaryingUnits(const PruneContext& context, OdfOptions::Of of)
    : VaryingUnits(context.network, of,
                   activation_moments(context.network, context.dataset, graph::mixed_nodes(context.network),
                                      context.fine_tune.device))
{
}

VaryingUnits::VaryingUnits(const graph::Network& network, OdfOptions::Of of, MomentsByNode moments)
    : network_(network), layers_(layers_of(network, of)), moments_(std::move(moments)),
      relative_(relative_variability(network_, layers_, moments_))
{
}

graph::KeptGroups VaryingUnits::kept(double epsilon) const
{
    graph::KeptGroups kept(layers_.size());
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        for (std::size_t g = 0; g < relative_[l].size(); ++g)
            if (relative_[l][g] > epsilon)
                kept[l].push_back(static_cast<int>(g));
        if (kept[l].empty()) // a layer in which nothing varies
            kept[l].push_back(0);
    }
    return kept;
}

graph::PruningPlan VaryingUnits::plan(double epsilon) const
{
    const graph::KeptGroups kept_groups = kept(epsilon);
    graph::PruningPlan plan = graph::channel_plan(network_, layers_, kept_groups);
    plan.method = "odf2nna";
    const graph::ChannelTies ties(network_);
    std::set<int> removed;
    for (std::size_t l = 0; l < layers_.size(); ++l)
        for (std::size_t g = 0; g < layers_[l].groups.size(); ++g)
            if (!std::binary_search(kept_groups[l].begin(), kept_groups[l].end(), static_cast<int>(g))) {
                const auto& [node, channel] = layers_[l].groups[g].members.front();
                removed.insert(ties.groups(node)[static_cast<std::size_t>(channel)]);
            }
    for (const auto& [node, moments] : moments_) {
        const auto groups = ties.groups(node);
        for (std::size_t c = 0; c < groups.size(); ++c)
            if (removed.count(groups[c]))
                plan.constants[node][static_cast<int>(c)] = static_cast<float>(moments.mean[c]);
    }
    return plan;
}

std::vector<double> VaryingUnits::steps() const
{
    std::set<double> steps{ 0.0 };
    for (const auto& layer : relative_)
        for (const double relative : layer)
            if (relative < 1.0)
                steps.insert(relative);
    return { steps.begin(), steps.end() };
}

PruneResult odf2nna(const PruneContext& context, const OdfOptions& options)
{
    const bool budgeted = !context.budget.limits.empty();
    if (budgeted && options.epsilons.size() == 1)
        throw Error{ { "a budget and an epsilon are given", "odf2nna", "budget " + context.budget.text,
                       "one of them; the budget finds its own epsilon" } };
    const VaryingUnits units(context, options.of);
    OdfRun run{ units, measured(context, context.network, 0.0), {}, {}, budgeted };
    if (options.epsilons.size() > 1)
        sweep(context, units, options.epsilons, run);
    const double epsilon = budgeted                      ? epsilon_for_budget(context, units)
                           : options.epsilons.size() > 1 ? epsilon_of_sweep(run)
                                                         : options.epsilons.at(0);
    graph::PruningPlan plan = units.plan(epsilon);
    run.chosen = measured(context, graph::apply(context.network, plan), epsilon);
    return { std::move(plan), to_json(run), to_text(run), std::nullopt, false };
}

namespace {

nlohmann::json step_json(const OdfStep& step)
{
    return { { "epsilon", step.epsilon },
             { "params", step.cost.params },
             { "macs", step.cost.macs },
             { "validation_accuracy",
               step.validation_accuracy ? nlohmann::json(*step.validation_accuracy) : nlohmann::json() } };
}

std::string row(const std::string& name, const OdfStep& step, bool chosen)
{
    const std::string accuracy =
        step.validation_accuracy ? fmt::format("{:.2f} %", 100.0 * *step.validation_accuracy) : "-";
    return fmt::format("{} {:>9} {:11} {:13} {:>11}\n", chosen ? "*" : " ", name, step.cost.params, step.cost.macs,
                       accuracy);
}

std::string number(double epsilon)
{
    return fmt::format("{:.3g}", epsilon);
}

/// "stem.conv 12/16, fc1 3/128".
std::string kept_text(const OdfRun& run)
{
    const auto kept = run.units.kept(run.chosen.epsilon);
    std::string text;
    for (std::size_t l = 0; l < kept.size(); ++l) {
        const auto& layer = run.units.layers()[l];
        text += (l ? ", " : "") + layer.name + " " + std::to_string(kept[l].size()) + "/" +
                std::to_string(layer.groups.size());
    }
    return text;
}

} // namespace

nlohmann::json to_json(const OdfRun& run)
{
    const auto kept = run.units.kept(run.chosen.epsilon);
    nlohmann::json layers = nlohmann::json::array(), sweep = nlohmann::json::array();
    for (std::size_t l = 0; l < kept.size(); ++l)
        layers.push_back({ { "name", run.units.layers()[l].name },
                           { "relative_variability", run.units.relative()[l] },
                           { "kept", kept[l] } });
    for (const OdfStep& step : run.sweep)
        sweep.push_back(step_json(step));
    return { { "epsilon", run.chosen.epsilon },
             { "original", step_json(run.original) },
             { "chosen", step_json(run.chosen) },
             { "sweep", std::move(sweep) },
             { "layers", std::move(layers) } };
}

std::string to_text(const OdfRun& run)
{
    std::string text =
        "odf2nna: units that vary by more than epsilon of their layer's most; accuracy on validation "
        "frames, before retraining\n"
        "    epsilon      params          MACs    accuracy\n";
    text += row("original", run.original, false);
    bool in_sweep = false;
    for (const OdfStep& step : run.sweep) {
        const bool chosen = step.epsilon == run.chosen.epsilon;
        in_sweep = in_sweep || chosen;
        text += row(number(step.epsilon), step, chosen);
    }
    if (!in_sweep)
        text += row(number(run.chosen.epsilon), run.chosen, true);
    if (run.for_budget)
        text += "epsilon " + number(run.chosen.epsilon) + " is the smallest that meets the budget\n";
    else if (!run.sweep.empty())
        text += "epsilon " + number(run.chosen.epsilon) +
                " is taken (the largest that loses at most a point, else the smallest); --epsilon takes another\n";
    return text + "kept: " + kept_text(run);
}

} // namespace prunedamr::prune
