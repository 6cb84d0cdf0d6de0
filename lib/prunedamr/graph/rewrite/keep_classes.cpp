// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/edits.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <algorithm>

namespace prunedamr::graph {
namespace {

/// The logits that stay, ascending.
std::vector<std::size_t> kept_rows(const std::vector<int>& classes, std::int64_t count)
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
    std::vector<std::size_t> rows(classes.begin(), classes.end());
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

/// `rows` of `from`, which holds `count` rows.
template <typename T>
std::vector<T> taken(const std::vector<T>& from, std::size_t count, const std::vector<std::size_t>& rows)
{
    const std::size_t size = from.size() / count;
    std::vector<T> result;
    for (const std::size_t row : rows) {
        const auto first = from.begin() + static_cast<std::ptrdiff_t>(row * size);
        result.insert(result.end(), first, first + static_cast<std::ptrdiff_t>(size));
    }
    return result;
}

} // namespace

void shrink_classifier(Network& network, const std::vector<int>& classes)
{
    const std::int64_t count = network.classes();
    const std::vector<std::size_t> rows = kept_rows(classes, count);
    const std::vector<std::string> shrunk = classifier_nodes(network);
    for (Node& node : network.nodes) {
        if (std::count(shrunk.begin(), shrunk.end(), node.name) == 0)
            continue;
        if (node.op == Op::linear || node.op == Op::conv)
            node.out_channels = static_cast<std::int64_t>(rows.size());
        for (const char* part : { ".weight", ".bias", ".running_mean", ".running_var" }) {
            const auto found = network.tensors.find(node.name + part);
            if (found == network.tensors.end())
                continue;
            found->second.data = taken(found->second.data, static_cast<std::size_t>(count), rows);
            found->second.shape[0] = static_cast<std::int64_t>(rows.size());
        }
    }
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

} // namespace prunedamr::graph
