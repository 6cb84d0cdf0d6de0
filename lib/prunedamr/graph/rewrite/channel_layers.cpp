// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/channel_layers.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/rewrite/channel_ties.h"

#include <algorithm>
#include <set>

namespace prunedamr::graph {
namespace {

/// Nodes of a group's members; a node stands there once for each of its channels.
std::vector<std::string> producers(const ChannelGroup& group)
{
    std::vector<std::string> nodes;
    for (const auto& member : group.members)
        nodes.push_back(member.first);
    std::sort(nodes.begin(), nodes.end());
    return nodes;
}

std::string unused_name(const std::vector<ChannelLayer>& layers, const std::string& node)
{
    const auto taken = [&](const std::string& name) {
        return std::any_of(layers.begin(), layers.end(), [&](const auto& layer) { return layer.name == name; });
    };
    std::string name = node;
    for (int number = 2; taken(name); ++number)
        name = node + "#" + std::to_string(number);
    return name;
}

} // namespace

std::vector<ChannelLayer> channel_layers(const Network& network)
{
    std::vector<ChannelLayer> layers;
    std::map<std::vector<std::string>, std::size_t> position;
    for (ChannelGroup& group : channel_groups(network)) {
        if (!group.removable)
            continue;
        const auto [found, is_new] = position.emplace(producers(group), layers.size());
        if (is_new)
            layers.push_back({ "", {}, {} });
        layers[found->second].groups.push_back(std::move(group));
    }
    layers.erase(std::remove_if(layers.begin(), layers.end(), [](const auto& l) { return l.groups.size() < 2; }),
                 layers.end());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        for (const Node& node : network.nodes) {
            const auto& members = layers[l].groups.front().members;
            if (std::any_of(members.begin(), members.end(), [&](const auto& m) { return m.first == node.name; }))
                layers[l].nodes.push_back(node.name);
        }
        layers[l].name = unused_name(layers, layers[l].nodes.front());
    }
    return layers;
}

KeptGroups all_groups(const std::vector<ChannelLayer>& layers)
{
    KeptGroups kept(layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l)
        for (int g = 0; g < static_cast<int>(layers[l].groups.size()); ++g)
            kept[l].push_back(g);
    return kept;
}

Plan channel_plan(const Network& network, const std::vector<ChannelLayer>& layers, const KeptGroups& kept)
{
    PRUNEDAMR_CHECK(kept.size() == layers.size(), "kept groups of every layer");
    std::map<std::string, std::set<int>> removed;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        PRUNEDAMR_CHECK(!kept[l].empty(), "a layer keeps a group");
        const std::set<int> stay(kept[l].begin(), kept[l].end());
        for (int g = 0; g < static_cast<int>(layers[l].groups.size()); ++g)
            for (const auto& [node, channel] : layers[l].groups[static_cast<std::size_t>(g)].members)
                if (!stay.count(g))
                    removed[node].insert(channel);
    }
    Plan plan;
    for (const auto& [name, gone] : removed)
        for (int channel = 0; channel < network.node(name).out_channels; ++channel)
            if (!gone.count(channel))
                plan.prune_channels[name].push_back(channel);
    return plan;
}

std::int64_t PrunedCost::Channels::count(const std::vector<int>& kept) const
{
    std::int64_t sum = fixed;
    for (const auto& [layer, channels] : per_group)
        sum += channels * kept[layer];
    return sum;
}

PrunedCost::PrunedCost(const Network& network, const std::vector<ChannelLayer>& layers)
{
    const ChannelTies ties(network);
    const auto shapes = infer_shapes(network);
    std::map<int, std::size_t> layer_of; // by tie group
    for (std::size_t l = 0; l < layers.size(); ++l)
        for (const ChannelGroup& group : layers[l].groups) {
            const auto& [node, channel] = group.members.front();
            layer_of[ties.groups(node)[static_cast<std::size_t>(channel)]] = l;
        }
    std::map<std::size_t, std::set<int>> ids; // tie groups of each layer
    for (const auto& [id, layer] : layer_of)
        ids[layer].insert(id);
    const auto channels_of = [&](const std::string& node) {
        Channels channels;
        std::map<std::size_t, std::int64_t> total;
        for (const int id : ties.groups(node)) {
            const auto found = layer_of.find(id);
            if (found == layer_of.end())
                ++channels.fixed;
            else
                ++total[found->second];
        }
        for (const auto& [layer, count] : total)
            channels.per_group[layer] = count / static_cast<std::int64_t>(ids[layer].size());
        return channels;
    };
    for (const Node& node : network.nodes) {
        if (node.op != Op::conv && node.op != Op::linear && node.op != Op::batch_norm &&
            node.op != Op::complex_norm)
            continue;
        const Shape in = shapes.at(node.inputs[0]), out = shapes.at(node.name);
        Item item{ channels_of(node.inputs[0]),
                   channels_of(node.name),
                   out.height * out.width,
                   0,
                   node.op == Op::complex_norm,
                   0,
                   node.bias };
        if (node.op == Op::linear)
            item.taps = 1;
        if (node.op == Op::conv)
            item.taps = static_cast<std::int64_t>(node.window.kernel_h) * node.window.kernel_w;
        if (node.op == Op::conv && node.groups > 1)
            item.in_per_filter = in.channels / node.groups;
        items_.push_back(std::move(item));
    }
}

Cost PrunedCost::of(const std::vector<int>& kept) const
{
    Cost cost;
    std::int64_t stored = 0;
    for (const Item& item : items_) {
        const std::int64_t out = item.out.count(kept);
        if (item.taps == 0) {
            const std::int64_t learned = item.complex ? 5 * out / 2 : 2 * out;
            cost.params += learned;
            stored += 2 * learned; // as many statistics
            cost.paper_flops += 2 * out * item.positions;
            continue;
        }
        const std::int64_t in = item.in_per_filter > 0 ? item.in_per_filter : item.in.count(kept);
        const std::int64_t weights = out * in * item.taps;
        const std::int64_t bias = item.bias ? out : 0;
        cost.params += weights + bias;
        stored += weights + bias;
        cost.macs += weights * item.positions;
    }
    cost.paper_flops += cost.macs;
    cost.bytes = 4 * stored;
    return cost;
}

Cost PrunedCost::of(const KeptGroups& kept) const
{
    std::vector<int> counts;
    for (const auto& groups : kept)
        counts.push_back(static_cast<int>(groups.size()));
    return of(counts);
}

} // namespace prunedamr::graph
