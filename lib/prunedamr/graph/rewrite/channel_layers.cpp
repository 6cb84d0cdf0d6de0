// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/channel_layers.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <set>

namespace prunedamr::graph {

bool is_depthwise(const Node& node, std::int64_t input_channels)
{
    return node.op == Op::conv && node.groups > 1 && node.groups == input_channels &&
           node.groups == node.out_channels;
}

ChannelTies::ChannelTies(const Network& network)
{
    const auto shapes = infer_shapes(network);
    for (const Node& node : network.nodes)
        ids_[node.name] = output_ids(node, shapes.at(node.name));
    freeze(ids_.at(network.nodes.back().name));
}

std::vector<int> ChannelTies::groups(const std::string& node) const
{
    Ids groups = ids_.at(node);
    for (int& id : groups)
        id = root(id);
    return groups;
}

ChannelTies::Ids ChannelTies::output_ids(const Node& node, const Shape& output)
{
    switch (node.op) {
    case Op::input:
        return fresh(output.channels, true);
    case Op::as_image:
        freeze(ids_.at(node.inputs[0]));
        return fresh(output.channels, true);
    case Op::conv:
        return conv_ids(node);
    case Op::linear:
        return fresh(output.channels, false);
    case Op::channel_shuffle:
        return shuffle_ids(node);
    case Op::complex_sum:
        return complex_ids(node);
    case Op::complex_norm:
        tie_pairs(ids_.at(node.inputs[0]));
        break;
    case Op::add:
    case Op::mul:
    case Op::concat_width:
        for (const std::string& input : node.inputs)
            tie(ids_.at(node.inputs[0]), ids_.at(input));
        break;
    case Op::concat:
    case Op::pad_channels: {
        Ids all;
        for (const std::string& input : node.inputs)
            all.insert(all.end(), ids_.at(input).begin(), ids_.at(input).end());
        const Ids zeros = fresh(output.channels - static_cast<std::int64_t>(all.size()), false);
        all.insert(all.end(), zeros.begin(), zeros.end());
        return all;
    }
    case Op::flatten: {
        const Ids& in = ids_.at(node.inputs[0]);
        Ids spread;
        for (const int id : in)
            spread.insert(spread.end(), static_cast<std::size_t>(output.channels) / in.size(), id);
        return spread;
    }
    case Op::batch_norm:
    case Op::relu:
    case Op::sigmoid:
    case Op::max_pool:
    case Op::avg_pool:
    case Op::global_avg_pool:
    case Op::position_shuffle:
    case Op::dropout:
    case Op::detach:
        break; // channel by channel
    }
    return ids_.at(node.inputs[0]);
}

ChannelTies::Ids ChannelTies::conv_ids(const Node& node)
{
    const Ids& in = ids_.at(node.inputs[0]);
    if (is_depthwise(node, static_cast<std::int64_t>(in.size())))
        return in;
    if (node.groups > 1)
        freeze(in);
    return fresh(node.out_channels, node.groups > 1);
}

/// The shuffle stays the same permutation only if every group loses the channel of the same index.
ChannelTies::Ids ChannelTies::shuffle_ids(const Node& node)
{
    const Ids& in = ids_.at(node.inputs[0]);
    const auto groups = static_cast<std::size_t>(node.groups);
    const std::size_t per_group = in.size() / groups;
    Ids out;
    for (std::size_t i = 0; i < per_group; ++i)
        for (std::size_t g = 0; g < groups; ++g) {
            out.push_back(in[g * per_group + i]);
            tie({ in[i] }, { out.back() });
        }
    return out;
}

/// A complex filter goes with both its parts and gives both its channels.
ChannelTies::Ids ChannelTies::complex_ids(const Node& node)
{
    const Ids& in = ids_.at(node.inputs[0]);
    const std::size_t filters = in.size() / 2;
    Ids out;
    for (std::size_t c = 0; c < filters; ++c) {
        tie({ in[c] }, { in[filters + c] });
        out.insert(out.end(), 2, in[c]);
    }
    return out;
}

void ChannelTies::tie_pairs(const Ids& ids)
{
    for (std::size_t i = 0; i + 1 < ids.size(); i += 2)
        tie({ ids[i] }, { ids[i + 1] });
}

ChannelTies::Ids ChannelTies::fresh(std::int64_t count, bool frozen)
{
    Ids ids;
    for (std::int64_t i = 0; i < count; ++i) {
        ids.push_back(static_cast<int>(parent_.size()));
        parent_.push_back(ids.back());
        frozen_.push_back(frozen);
    }
    return ids;
}

void ChannelTies::freeze(const Ids& ids)
{
    for (const int id : ids)
        frozen_[static_cast<std::size_t>(root(id))] = true;
}

void ChannelTies::tie(const Ids& a, const Ids& b)
{
    for (std::size_t i = 0; i < a.size(); ++i) {
        const int keep = root(a[i]), join = root(b[i]);
        if (frozen(join))
            frozen_[static_cast<std::size_t>(keep)] = true;
        parent_[static_cast<std::size_t>(join)] = keep;
    }
}

int ChannelTies::root(int id) const
{
    while (parent_[static_cast<std::size_t>(id)] != id)
        id = parent_[static_cast<std::size_t>(id)];
    return id;
}

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

PruningPlan channel_plan(const Network& network, const std::vector<ChannelLayer>& layers, const KeptGroups& kept)
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
    PruningPlan plan;
    for (const auto& [name, gone] : removed)
        for (int channel = 0; channel < network.node(name).out_channels; ++channel)
            if (!gone.count(channel))
                plan.keep_channels[name].push_back(channel);
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
