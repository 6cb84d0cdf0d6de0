// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/baselines.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/prune/budget.h"
#include "prunedamr/prune/features.h"
#include "prunedamr/prune/psr/psr.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

namespace prunedamr::prune {
namespace {

/// Mean |value| of the `.weight` of those nodes of a unit that are of one kind.
std::vector<double> mean_magnitudes(const graph::Network& network, graph::Op op)
{
    std::vector<double> scores;
    for (const graph::Unit& unit : network.units) {
        double sum = 0.0;
        std::size_t count = 0;
        for (const std::string& name : unit.nodes) {
            if (network.node(name).op != op)
                continue;
            const auto& weights = network.tensor(name + ".weight").data;
            for (const float weight : weights)
                sum += std::abs(weight);
            count += weights.size();
        }
        scores.push_back(count ? sum / static_cast<double>(count) : 0.0);
    }
    return scores;
}

/// A filter's weights.
struct Filter {
    const float* weights;
    std::size_t count;
};

std::vector<Filter> filters(const graph::Network& network, const std::string& node)
{
    const graph::Tensor& weight = network.tensor(node + ".weight");
    const auto channels = static_cast<std::size_t>(weight.shape[0]);
    const std::size_t count = weight.data.size() / channels;
    std::vector<Filter> all;
    for (std::size_t c = 0; c < channels; ++c)
        all.push_back({ weight.data.data() + c * count, count });
    return all;
}

double magnitude(const Filter& filter)
{
    return std::accumulate(filter.weights, filter.weights + filter.count, 0.0,
                           [](double sum, float w) { return sum + std::abs(w); });
}

double distance(const Filter& a, const Filter& b)
{
    double squares = 0.0;
    for (std::size_t i = 0; i < a.count; ++i) {
        const double difference = static_cast<double>(a.weights[i]) - b.weights[i];
        squares += difference * difference;
    }
    return std::sqrt(squares);
}

double magnitude_among(const std::vector<Filter>& all, std::size_t channel)
{
    return magnitude(all[channel]);
}

double distance_to_others(const std::vector<Filter>& all, std::size_t channel)
{
    double sum = 0.0;
    for (const Filter& other : all)
        sum += distance(all[channel], other);
    return sum;
}

/// Mean over each group's members of what a filter scores among those of its node.
GroupScores
mean_over_members(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                  const std::function<double(const std::vector<Filter>& all, std::size_t channel)>& score)
{
    std::map<std::string, std::vector<Filter>> by_node;
    GroupScores scores;
    for (const auto& layer : layers) {
        for (const std::string& node : layer.nodes)
            by_node.emplace(node, filters(network, node));
        std::vector<double> of_layer;
        for (const auto& group : layer.groups) {
            double sum = 0.0;
            for (const auto& [node, channel] : group.members)
                sum += score(by_node.at(node), static_cast<std::size_t>(channel));
            of_layer.push_back(sum / static_cast<double>(group.members.size()));
        }
        scores.push_back(std::move(of_layer));
    }
    return scores;
}

std::vector<double> random_numbers(std::size_t count, Rng& rng)
{
    std::vector<double> numbers(count);
    for (double& number : numbers)
        number = rng.uniform();
    return numbers;
}

} // namespace

std::vector<double> random_unit_scores(const graph::Network& network, std::uint64_t seed)
{
    Rng rng(seed);
    return random_numbers(network.units.size(), rng);
}

std::vector<double> l1_unit_scores(const graph::Network& network)
{
    return mean_magnitudes(network, graph::Op::conv);
}

std::vector<double> bnp_unit_scores(const graph::Network& network)
{
    return mean_magnitudes(network, graph::Op::batch_norm);
}

GroupScores random_group_scores(const std::vector<graph::ChannelLayer>& layers, std::uint64_t seed)
{
    Rng rng(seed);
    GroupScores scores;
    for (const auto& layer : layers)
        scores.push_back(random_numbers(layer.groups.size(), rng));
    return scores;
}

GroupScores l1_group_scores(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers)
{
    return mean_over_members(network, layers, magnitude_among);
}

GroupScores fpgm_group_scores(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers)
{
    return mean_over_members(network, layers, distance_to_others);
}

GroupScores bnp_group_scores(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers)
{
    const graph::ChannelTies ties(network);
    std::map<int, std::pair<double, int>> gammas; // by tie group: sum of |gamma|, channels
    for (const graph::Node& node : network.nodes) {
        if (node.op != graph::Op::batch_norm)
            continue;
        const std::vector<int> groups = ties.groups(node.name);
        const auto& gamma = network.tensor(node.name + ".weight").data;
        for (std::size_t c = 0; c < groups.size(); ++c) {
            auto& [sum, channels] = gammas[groups[c]];
            sum += std::abs(gamma[c]);
            ++channels;
        }
    }
    GroupScores scores;
    for (const auto& layer : layers) {
        std::vector<double> of_layer;
        for (const auto& group : layer.groups) {
            const auto& [node, channel] = group.members.front();
            const auto found = gammas.find(ties.groups(node)[static_cast<std::size_t>(channel)]);
            if (found != gammas.end())
                of_layer.push_back(found->second.first / found->second.second);
        }
        if (of_layer.size() != layer.groups.size())
            of_layer.clear();
        scores.push_back(std::move(of_layer));
    }
    return scores;
}

namespace {

using Layers = std::vector<graph::ChannelLayer>;

/// Scores of units, and what a report would show beside them.
struct UnitScores {
    std::vector<double> scores;
    nlohmann::json steps = nlohmann::json::object();
};

UnitScores lcp_unit_scores(const PruneContext& context, const BaselineOptions& options)
{
    const auto seen = draw_per_class(context.dataset, labeled_frames(context.dataset, context.fine_tune),
                                     options.samples_per_class, context.seed);
    const auto unseen = draw_per_class(context.dataset, context.dataset.indices(dataset::Split::validation),
                                       options.samples_per_class, context.seed);
    const auto gains = probe_gains(context.network, context.dataset, seen, unseen, context.fine_tune.device);
    UnitScores result;
    for (const ProbeGain& gain : gains) {
        result.scores.push_back(gain.after - gain.before);
        result.steps["probe_before"].push_back(gain.before);
        result.steps["probe_after"].push_back(gain.after);
    }
    return result;
}

struct Baseline {
    const char* name;
    Part part;                                                                        ///< when the user names none
    UnitScores (*units)(const PruneContext& context, const BaselineOptions& options); ///< null: not for units
    GroupScores (*channels)(const PruneContext& context, const Layers& layers);       ///< null: not for channels
};

const Baseline kBaselines[] = {
    { "random", Part::units,
      [](const PruneContext& context, const BaselineOptions&) {
          return UnitScores{ random_unit_scores(context.network, context.seed) };
      },
      [](const PruneContext& context, const Layers& layers) { return random_group_scores(layers, context.seed); } },
    { "l1", Part::units,
      [](const PruneContext& context, const BaselineOptions&) {
          return UnitScores{ l1_unit_scores(context.network) };
      },
      [](const PruneContext& context, const Layers& layers) { return l1_group_scores(context.network, layers); } },
    { "fpgm", Part::channels, nullptr,
      [](const PruneContext& context, const Layers& layers) {
          return fpgm_group_scores(context.network, layers);
      } },
    { "bnp", Part::units,
      [](const PruneContext& context, const BaselineOptions&) {
          return UnitScores{ bnp_unit_scores(context.network) };
      },
      [](const PruneContext& context, const Layers& layers) { return bnp_group_scores(context.network, layers); } },
    { "lcp", Part::units, lcp_unit_scores, nullptr },
};

const Baseline& baseline_named(const std::string& name)
{
    const auto* found = std::find_if(std::begin(kBaselines), std::end(kBaselines),
                                     [&](const Baseline& baseline) { return name == baseline.name; });
    PRUNEDAMR_CHECK(found != std::end(kBaselines), "name of a baseline");
    return *found;
}

std::string units_text(const graph::PruningPlan& plan)
{
    std::string text = plan.method + ": removed";
    for (const std::string& unit : plan.remove_units)
        text += " " + unit;
    text += "; fresh weights:";
    for (const std::string& unit : plan.reinitialize_units)
        text += " " + unit;
    return text;
}

PruneResult remove_units(const Baseline& baseline, const PruneContext& context, const BaselineOptions& options)
{
    UnitScores found = baseline.units(context, options);
    PruneResult outcome;
    outcome.plan = remove_lowest_units(context.network, context.budget, found.scores, context.seed);
    outcome.plan.method = baseline.name;
    outcome.steps = std::move(found.steps);
    outcome.steps["part"] = to_string(Part::units);
    for (const graph::Unit& unit : context.network.units)
        outcome.steps["units"].push_back(unit.name);
    outcome.steps["scores"] = found.scores;
    outcome.text = units_text(outcome.plan);
    return outcome;
}

PruneResult remove_channels(const Baseline& baseline, const PruneContext& context)
{
    const Layers layers = graph::channel_layers(context.network);
    const GroupScores scores = baseline.channels(context, layers);
    if (std::all_of(scores.begin(), scores.end(), [](const auto& of_layer) { return of_layer.empty(); }))
        throw Error{ { "no channel can be removed", "network", "",
                       "a layer that " + std::string(baseline.name) + " can score" } };
    PruneResult outcome;
    outcome.plan = bisect(context.network, uniform_schedule(context.network, layers, scores), context.budget);
    outcome.plan.method = baseline.name;
    outcome.steps["part"] = to_string(Part::channels);
    for (std::size_t l = 0; l < layers.size(); ++l)
        outcome.steps["layers"].push_back({ { "name", layers[l].name }, { "scores", scores[l] } });
    std::size_t thinned = 0;
    for (const auto& layer : layers)
        thinned += outcome.plan.keep_channels.count(layer.nodes.front());
    outcome.text = outcome.plan.method + ": channels removed from " + std::to_string(thinned) + " of " +
                   std::to_string(layers.size()) + " layers";
    return outcome;
}

} // namespace

const char* to_string(Part part)
{
    return part == Part::units ? "units" : "channels";
}

Part part_named(const std::string& name)
{
    for (const Part part : { Part::units, Part::channels })
        if (name == to_string(part))
            return part;
    throw Error{ { "unknown part of a network", "", name, "units or channels" } };
}

PruneResult baseline(const std::string& name, const PruneContext& context, const BaselineOptions& options)
{
    const Baseline& chosen = baseline_named(name);
    const Part part = options.part.value_or(chosen.part);
    if (part == Part::units ? !chosen.units : !chosen.channels)
        throw Error{ { "this baseline does not remove that", name, to_string(part), to_string(chosen.part) } };
    return part == Part::units ? remove_units(chosen, context, options) : remove_channels(chosen, context);
}

graph::PruningPlan remove_lowest_units(const graph::Network& network, const Budget& budget,
                                       const std::vector<double>& scores, std::uint64_t seed)
{
    check_reachable(network, budget);
    std::vector<int> ranked(scores.size());
    std::iota(ranked.begin(), ranked.end(), 0);
    std::stable_sort(ranked.begin(), ranked.end(), [&](int a, int b) { return scores[a] > scores[b]; });
    const auto keep_best = [&](int removed) {
        return reassembly_plan(network, { ranked.begin(), ranked.end() - removed }, seed);
    };
    return bisect(network, { static_cast<int>(ranked.size()) + 1, keep_best }, budget);
}

namespace {

/// Layers in the order in which they lose a group each.
std::vector<std::size_t> removal_order(const GroupScores& scores)
{
    std::vector<std::pair<double, std::size_t>> removals; // fraction gone after it, layer
    for (std::size_t l = 0; l < scores.size(); ++l)
        for (std::size_t gone = 1; gone < scores[l].size(); ++gone)
            removals.emplace_back(static_cast<double>(gone) / static_cast<double>(scores[l].size()), l);
    std::sort(removals.begin(), removals.end());
    std::vector<std::size_t> order;
    for (const auto& [fraction, layer] : removals)
        order.push_back(layer);
    return order;
}

/// Indices by falling score, the lower index first on ties.
std::vector<int> ranked(const std::vector<double>& scores)
{
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return scores[a] > scores[b]; });
    return order;
}

} // namespace

PruningSchedule uniform_schedule(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                                 const GroupScores& scores)
{
    const auto order = removal_order(scores);
    const auto plan = [&network, &layers, &scores, order](int level) {
        graph::KeptGroups kept;
        for (std::size_t l = 0; l < layers.size(); ++l)
            kept.push_back(scores[l].empty() ? graph::all_groups(layers)[l] : ranked(scores[l]));
        for (int i = 0; i < level; ++i)
            kept[order[static_cast<std::size_t>(i)]].pop_back();
        for (auto& groups : kept)
            std::sort(groups.begin(), groups.end());
        return graph::channel_plan(network, layers, kept);
    };
    return { static_cast<int>(order.size()) + 1, plan };
}

} // namespace prunedamr::prune
