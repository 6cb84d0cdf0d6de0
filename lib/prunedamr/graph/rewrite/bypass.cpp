// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/bypass.h"

#include <algorithm>

namespace prunedamr::graph {
namespace {

template <typename Container, typename Predicate> void erase_if(Container& container, Predicate gone)
{
    container.erase(std::remove_if(container.begin(), container.end(), gone), container.end());
}

} // namespace

void bypass_nodes(Network& network, const std::set<std::string>& nodes, const std::string& output,
                  const std::string& input)
{
    for (Node& node : network.nodes)
        std::replace(node.inputs.begin(), node.inputs.end(), output, input);
    for (const std::string& name : nodes)
        for (const char* part : { ".weight", ".bias", ".running_mean", ".running_var" })
            network.tensors.erase(name + part);
    erase_if(network.nodes, [&](const Node& node) { return nodes.count(node.name) > 0; });
    for (Unit& unit : network.units)
        erase_if(unit.nodes, [&](const std::string& name) { return nodes.count(name) > 0; });
    erase_if(network.units, [](const Unit& unit) { return unit.nodes.empty(); });
}

namespace {

/// Whether all that reads `name` is one norm, at most a sum of complex parts between.
bool feeds_a_norm(const Network& network, const std::string& name)
{
    const auto readers = consumers(network, name);
    if (readers.size() != 1)
        return false;
    switch (network.node(readers.front()).op) {
    case Op::batch_norm:
    case Op::complex_norm:
        return true;
    case Op::complex_sum:
        return feeds_a_norm(network, readers.front());
    default:
        return false;
    }
}

} // namespace

std::set<std::string> redundant_biases(const Network& network)
{
    std::set<std::string> names;
    for (const Node& node : network.nodes)
        if (node.bias && feeds_a_norm(network, node.name))
            names.insert(node.name + ".bias");
    return names;
}

} // namespace prunedamr::graph
