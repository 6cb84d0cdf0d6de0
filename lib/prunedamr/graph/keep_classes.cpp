// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/keep_classes.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/rewire.h"
#include "prunedamr/graph/rewrite.h"

#include <algorithm>
#include <set>

namespace prunedamr::graph {
namespace {

std::string joined(const std::vector<std::string>& names)
{
    std::string list;
    for (const std::string& name : names)
        list += (list.empty() ? "" : ", ") + name;
    return list;
}

/// Places of the labels that stay, ascending.
std::vector<std::size_t> kept_rows(const Network& network, const std::vector<std::string>& labels)
{
    const std::string where = "network '" + network.name + "'";
    const std::set<std::string> wanted(labels.begin(), labels.end());
    for (const std::string& label : labels) {
        if (std::count(labels.begin(), labels.end(), label) > 1)
            throw Error({ "class named twice", where, label, "" });
        if (std::count(network.labels.begin(), network.labels.end(), label) == 0)
            throw Error({ "the network has no such class", where, label, joined(network.labels) });
    }
    if (labels.size() < 2)
        throw Error({ "too few classes to tell apart", where, joined(labels), "at least 2" });
    std::vector<std::size_t> rows;
    for (std::size_t c = 0; c < network.labels.size(); ++c)
        if (wanted.count(network.labels[c]))
            rows.push_back(c);
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

void shrink_classifier(Network& network, const std::vector<std::string>& labels)
{
    const std::vector<std::size_t> rows = kept_rows(network, labels);
    const std::size_t classes = network.labels.size();
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
            found->second.data = taken(found->second.data, classes, rows);
            found->second.shape[0] = static_cast<std::int64_t>(rows.size());
        }
    }
    network.labels = taken(network.labels, classes, rows);
    network.families = taken(network.families, classes, rows);
}

Network keep_classes(const Network& network, const std::vector<std::string>& labels)
{
    validate(network);
    Network shrunk = network;
    shrink_classifier(shrunk, labels);
    forget_results(shrunk);
    validate(shrunk);
    return shrunk;
}

} // namespace prunedamr::graph
