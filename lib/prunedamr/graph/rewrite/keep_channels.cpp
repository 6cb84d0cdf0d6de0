// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/graph/rewrite/edits.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <algorithm>
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

namespace {

/// The logits that stay, ascending.
Indices kept_rows(const std::vector<int>& classes, std::int64_t count)
{
    const std::string known = "0.." + std::to_string(count - 1);
    for (const int one : classes) {
        if (std::count(classes.begin(), classes.end(), one) > 1)
            throw Error({ "class named twice", "classes to keep", std::to_string(one), "" });
        if (one < 0 || one >= count)
            throw Error({ "the network has no such class", "classes to keep", std::to_string(one), known });
    }
    if (classes.size() < 2)
        throw Error(
            { "too few classes to tell apart", "classes to keep", std::to_string(classes.size()), "at least 2" });
    Indices rows = classes;
    std::sort(rows.begin(), rows.end());
    return rows;
}

/// Whether every output channel of a node depends on the input channel of the same index only.
bool is_channelwise(const Node& node, const std::map<std::string, Shape>& shapes)
{
    switch (node.op) {
    case Op::batch_norm:
    case Op::relu:
    case Op::sigmoid:
    case Op::max_pool:
    case Op::avg_pool:
    case Op::global_avg_pool:
    case Op::dropout:
    case Op::detach:
        return true;
    case Op::flatten:
        return shapes.at(node.inputs[0]).channels == shapes.at(node.name).channels;
    default:
        return false;
    }
}

/// The nodes from the logits back to the linear or conv that makes them.
std::vector<std::string> classifier_nodes(const Network& network)
{
    const auto shapes = infer_shapes(network);
    std::vector<std::string> nodes;
    for (const Node* node = &network.nodes.back();; node = &network.node(node->inputs[0])) {
        nodes.push_back(node->name);
        if (node->op == Op::linear || (node->op == Op::conv && node->groups == 1))
            return nodes;
        if (!is_channelwise(*node, shapes) || consumers(network, node->inputs[0]).size() != 1)
            throw Error({ "classes cannot be told apart in what makes the logits", "node '" + node->name + "'",
                          to_string(node->op), "a linear or conv that nothing else reads" });
    }
}

} // namespace

namespace {

/// The logits become those of `rows`, in this order.
void set_classifier_rows(Network& network, const Indices& rows)
{
    const std::vector<std::string> changed = classifier_nodes(network);
    for (Node& node : network.nodes) {
        if (std::count(changed.begin(), changed.end(), node.name) == 0)
            continue;
        if (node.op == Op::linear || node.op == Op::conv)
            node.out_channels = static_cast<std::int64_t>(rows.size());
        for (const char* part : { ".weight", ".bias", ".running_mean", ".running_var" }) {
            const auto found = network.tensors.find(node.name + part);
            if (found != network.tensors.end())
                found->second = take(found->second, 0, rows);
        }
    }
}

} // namespace

void shrink_classifier(Network& network, const std::vector<int>& classes)
{
    set_classifier_rows(network, kept_rows(classes, network.classes()));
}

Network keep_classes(const Network& network, const std::vector<int>& classes)
{
    validate(network);
    Network shrunk = network;
    shrink_classifier(shrunk, classes);
    shrunk.quantized.clear(); // ranges of the old weights
    validate(shrunk);
    return shrunk;
}

Network copy_class(const Network& network, int from, int copies)
{
    validate(network);
    Indices rows;
    for (int c = 0; c < network.classes(); ++c)
        rows.push_back(c);
    PRUNEDAMR_CHECK(from >= 0 && from < static_cast<int>(rows.size()) && copies >= 0, "a logit that there is");
    rows.insert(rows.end(), static_cast<std::size_t>(copies), from);
    Network grown = network;
    set_classifier_rows(grown, rows);
    grown.quantized.clear(); // ranges of the old weights
    validate(grown);
    return grown;
}

bool add_to_logits(Network& network, int first, float offset)
{
    validate(network);
    const int classes = network.classes();
    PRUNEDAMR_CHECK(first >= 0 && first <= classes, "a logit that there is");
    for (const std::string& name : classifier_nodes(network)) { // from the logits back
        auto node = std::find_if(network.nodes.begin(), network.nodes.end(), [&](const Node& one) { return one.name == name; });
        if (node->op == Op::relu || node->op == Op::sigmoid)
            return false;
        const bool mixes = mixes_channels(*node);
        if (!mixes && node->op != Op::batch_norm)
            continue;
        if (mixes && !node->bias) {
            node->bias = true;
            network.tensors[name + ".bias"] = Tensor{ { classes }, std::vector<float>(static_cast<std::size_t>(classes)) };
        }
        std::vector<float>& bias = network.tensors.at(name + ".bias").data;
        std::for_each(bias.begin() + first, bias.end(), [offset](float& one) { one += offset; });
        break;
    }
    validate(network);
    return true;
}

} // namespace prunedamr::graph
