// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/edits.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <set>

namespace prunedamr::graph {
namespace {

using Indices = std::vector<int>;

std::string where(const std::string& node)
{
    return "node '" + node + "'";
}

void check_request(const Network& network, const std::string& name, const Indices& channels)
{
    const Node& node = network.node(name);
    if (node.op != Op::conv && node.op != Op::linear)
        throw Error({ "only a conv or linear makes channels of its own", where(name), to_string(node.op), "" });
    if (channels.empty())
        throw Error({ "no channel is kept", where(name), "", "at least one" });
    for (std::size_t i = 0; i < channels.size(); ++i)
        if (channels[i] < 0 || channels[i] >= node.out_channels || (i > 0 && channels[i] <= channels[i - 1]))
            throw Error({ "bad list of kept channels", where(name), std::to_string(channels[i]),
                          "ascending, 0.." + std::to_string(node.out_channels - 1) });
}

/// The groups that a request removes.
std::set<int> removed_groups(const Network& network, const ChannelTies& ties,
                             const std::map<std::string, Indices>& keep)
{
    std::set<int> removed;
    for (const auto& [name, channels] : keep) {
        check_request(network, name, channels);
        const auto groups = ties.groups(name);
        const std::set<int> kept(channels.begin(), channels.end());
        for (std::size_t c = 0; c < groups.size(); ++c) {
            if (kept.count(static_cast<int>(c)))
                continue;
            if (ties.frozen(groups[c]))
                throw Error({ "channel is tied to the input, the logits or a grouped conv", where(name),
                              "removal of channel " + std::to_string(c), "it kept" });
            removed.insert(groups[c]);
        }
    }
    return removed;
}

Indices surviving(const std::vector<int>& groups, const std::set<int>& removed)
{
    Indices kept;
    for (std::size_t c = 0; c < groups.size(); ++c)
        if (!removed.count(groups[c]))
            kept.push_back(static_cast<int>(c));
    return kept;
}

/// The slices `indices` of a tensor along `axis`.
Tensor take(const Tensor& tensor, std::size_t axis, const Indices& indices)
{
    std::size_t outer = 1, inner = 1;
    for (std::size_t a = 0; a < tensor.shape.size(); ++a)
        if (a != axis)
            (a < axis ? outer : inner) *= static_cast<std::size_t>(tensor.shape[a]);
    const auto extent = static_cast<std::size_t>(tensor.shape[axis]);
    Tensor taken{ tensor.shape, {} };
    taken.shape[axis] = static_cast<std::int64_t>(indices.size());
    taken.data.reserve(outer * inner * indices.size());
    for (std::size_t o = 0; o < outer; ++o)
        for (const int index : indices) {
            const auto first = tensor.data.begin() +
                               static_cast<std::ptrdiff_t>((o * extent + static_cast<std::size_t>(index)) * inner);
            taken.data.insert(taken.data.end(), first, first + static_cast<std::ptrdiff_t>(inner));
        }
    return taken;
}

/// The pairs of channels that `channels` holds; ties see to it that pairs are whole.
Indices pairs_of(const Indices& channels)
{
    Indices pairs;
    for (std::size_t i = 0; i < channels.size(); i += 2)
        pairs.push_back(channels[i] / 2);
    return pairs;
}

/// Slices a node's tensors and channel counts; `inputs` and `outputs` are the kept channels on either side.
void thin_node(Network& network, Node& node, const Indices& inputs, const Indices& outputs,
               std::int64_t input_channels)
{
    const bool depthwise = is_depthwise(node, input_channels);
    const bool pairs = node.op == Op::complex_norm;
    for (const char* part : { ".weight", ".bias", ".running_mean", ".running_var" }) {
        const auto found = network.tensors.find(node.name + part);
        if (found == network.tensors.end())
            continue;
        found->second = take(found->second, 0, pairs ? pairs_of(outputs) : outputs);
        const bool filter = found->second.shape.size() > 1;
        if (filter && !pairs && !depthwise && node.groups == 1)
            found->second = take(found->second, 1, inputs);
    }
    if (node.op == Op::conv || node.op == Op::linear || node.op == Op::pad_channels)
        node.out_channels = static_cast<std::int64_t>(outputs.size());
    if (depthwise)
        node.groups = node.out_channels;
}

} // namespace

void keep_channels(Network& network, const std::map<std::string, Indices>& keep)
{
    const ChannelTies ties(network);
    const std::set<int> removed = removed_groups(network, ties, keep);
    for (const auto& [name, channels] : keep)
        if (surviving(ties.groups(name), removed) != channels)
            throw Error({ "a kept channel is tied to a removed one", where(name), "", "whole channel groups" });

    std::map<std::string, Indices> kept;
    for (const Node& node : network.nodes) {
        kept[node.name] = surviving(ties.groups(node.name), removed);
        if (kept[node.name].empty())
            throw Error({ "every channel would be removed", where(node.name), "", "at least one kept" });
    }
    for (Node& node : network.nodes)
        if (!node.inputs.empty()) {
            const std::string& input = node.inputs[0];
            thin_node(network, node, kept.at(input), kept.at(node.name),
                      static_cast<std::int64_t>(ties.groups(input).size()));
        }
}

Network keep_channels(const Network& network, const std::string& node, const std::vector<int>& channels)
{
    validate(network);
    Network thinned = network;
    keep_channels(thinned, { { node, channels } });
    thinned.quantized.clear(); // ranges of the old weights
    validate(thinned);
    return thinned;
}

std::vector<ChannelGroup> channel_groups(const Network& network)
{
    validate(network);
    const ChannelTies ties(network);
    std::vector<ChannelGroup> groups;
    std::map<int, std::size_t> position;
    for (const Node& node : network.nodes) {
        if (node.op != Op::conv && node.op != Op::linear)
            continue;
        const auto ids = ties.groups(node.name);
        for (std::size_t c = 0; c < ids.size(); ++c) {
            const auto [found, is_new] = position.emplace(ids[c], groups.size());
            if (is_new)
                groups.push_back({ {}, !ties.frozen(ids[c]) });
            groups[found->second].members.emplace_back(node.name, static_cast<int>(c));
        }
    }
    return groups;
}

} // namespace prunedamr::graph
