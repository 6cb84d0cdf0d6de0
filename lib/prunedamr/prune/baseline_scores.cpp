// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/baseline_scores.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/rewrite/channel_layers.h"

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

} // namespace prunedamr::prune
