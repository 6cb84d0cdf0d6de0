// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewire.h"

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

void forget_results(Network& network)
{
    network.golden = {};
    network.quantised.clear();
    network.accuracy = nlohmann::json::object();
}

} // namespace prunedamr::graph
