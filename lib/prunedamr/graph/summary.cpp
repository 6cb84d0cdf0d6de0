// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/summary.h"

namespace prunedamr::graph {

nlohmann::json outline(const Network& network)
{
    nlohmann::json units = nlohmann::json::array(), layers = nlohmann::json::array();
    for (const Unit& unit : network.units)
        units.push_back(unit.name);
    for (const Node& node : network.nodes)
        if (node.op == Op::conv || node.op == Op::linear)
            layers.push_back({ { "node", node.name }, { "channels", node.out_channels } });
    return { { "units", units }, { "layers", layers } };
}

} // namespace prunedamr::graph
