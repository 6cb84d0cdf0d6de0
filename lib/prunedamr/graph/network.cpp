// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <set>

namespace prunedamr::graph {

const char* to_string(Op op)
{
    switch (op) {
    case Op::input:
        return "input";
    case Op::as_image:
        return "as_image";
    case Op::conv:
        return "conv";
    case Op::batch_norm:
        return "batch_norm";
    case Op::complex_sum:
        return "complex_sum";
    case Op::complex_norm:
        return "complex_norm";
    case Op::relu:
        return "relu";
    case Op::sigmoid:
        return "sigmoid";
    case Op::add:
        return "add";
    case Op::mul:
        return "mul";
    case Op::concat:
        return "concat";
    case Op::concat_width:
        return "concat_width";
    case Op::max_pool:
        return "max_pool";
    case Op::avg_pool:
        return "avg_pool";
    case Op::global_avg_pool:
        return "global_avg_pool";
    case Op::pad_channels:
        return "pad_channels";
    case Op::channel_shuffle:
        return "channel_shuffle";
    case Op::position_shuffle:
        return "position_shuffle";
    case Op::flatten:
        return "flatten";
    case Op::linear:
        return "linear";
    case Op::dropout:
        return "dropout";
    case Op::detach:
        return "detach";
    }
    return "unknown";
}

std::string to_string(const Shape& shape)
{
    return "[" + std::to_string(shape.channels) + ", " + std::to_string(shape.height) + ", " +
           std::to_string(shape.width) + "]";
}

const Node& Network::node(const std::string& name) const
{
    const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const Node& n) { return n.name == name; });
    if (found == nodes.end())
        throw Error({ "no such node", "node '" + name + "'", "", "a node of network '" + this->name + "'" });
    return *found;
}

const Tensor& Network::tensor(const std::string& name) const
{
    const auto found = tensors.find(name);
    if (found == tensors.end())
        throw Error({ "no such tensor", "tensor '" + name + "'", "", "a tensor of network '" + this->name + "'" });
    return found->second;
}

std::vector<std::string> consumers(const Network& network, const std::string& name)
{
    std::vector<std::string> readers;
    for (const Node& node : network.nodes)
        if (std::find(node.inputs.begin(), node.inputs.end(), name) != node.inputs.end())
            readers.push_back(node.name);
    return readers;
}

std::string unit_input(const Network& network, const Unit& unit)
{
    const std::set<std::string> inside(unit.nodes.begin(), unit.nodes.end());
    std::set<std::string> outside;
    for (const Node& node : network.nodes)
        if (inside.count(node.name))
            for (const std::string& input : node.inputs)
                if (!inside.count(input))
                    outside.insert(input);
    if (outside.size() != 1) {
        std::string found;
        for (const std::string& name : outside)
            found += (found.empty() ? "'" : ", '") + name + "'";
        throw Error({ "a unit must read exactly one outside node", "unit '" + unit.name + "'",
                      found.empty() ? "none" : found, "one node" });
    }
    return *outside.begin();
}

} // namespace prunedamr::graph
