// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/channel_ties.h"

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

} // namespace prunedamr::graph
