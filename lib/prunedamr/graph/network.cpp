// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"

#include <algorithm>
#include <cmath>
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
        throw Error({ "no such node", "node '" + name + "'", "", "a node of the network" });
    return *found;
}

const Tensor& Network::tensor(const std::string& name) const
{
    const auto found = tensors.find(name);
    if (found == tensors.end())
        throw Error({ "no such tensor", "tensor '" + name + "'", "", "a tensor of the network" });
    return found->second;
}

std::int64_t Network::classes() const
{
    return nodes.empty() ? 0 : infer_shapes(*this).at(nodes.back().name).channels;
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

namespace {

/// FNV-1a: a node's weights depend on seed and name only, not on which other nodes are drawn.
std::uint64_t hash(const std::string& name)
{
    std::uint64_t value = 0xcbf29ce484222325ULL;
    for (const char c : name)
        value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
    return value;
}

bool ends_with(const std::string& text, const std::string& end)
{
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

Tensor initial(const Node& node, const std::string& name, const std::vector<std::int64_t>& shape,
               std::uint64_t seed)
{
    std::int64_t count = 1;
    for (const std::int64_t extent : shape)
        count *= extent;
    Tensor tensor{ shape, std::vector<float>(static_cast<std::size_t>(count), 0.0F) };
    const bool weight = ends_with(name, ".weight");
    const bool scale = weight || ends_with(name, ".running_var");
    if (node.op == Op::batch_norm) {
        if (scale)
            std::fill(tensor.data.begin(), tensor.data.end(), 1.0F);
    } else if (node.op == Op::complex_norm) {
        const float half_power = std::sqrt(0.5F); // |weight * (I, Q)| is then 1; the covariance starts at 1
        for (std::size_t i = 0; scale && i < tensor.data.size(); ++i)
            tensor.data[i] = i % 3 == 2 ? 0.0F : weight ? half_power : 1.0F;
    } else if (weight) {
        Rng rng = Rng(seed).fork(hash(name));
        const double deviation = std::sqrt(2.0 * static_cast<double>(shape[0]) / static_cast<double>(count));
        for (float& value : tensor.data)
            value = static_cast<float>(deviation * rng.normal());
    }
    return tensor;
}

} // namespace

void initialize(Network& network, std::uint64_t seed, const std::vector<std::string>& node_names)
{
    for (const std::string& name : node_names)
        network.node(name); // an unknown name is an error, before anything is changed
    const auto shapes = infer_shapes(network);
    for (const Node& node : network.nodes) {
        if (!node_names.empty() && std::find(node_names.begin(), node_names.end(), node.name) == node_names.end())
            continue;
        std::vector<Shape> inputs;
        for (const std::string& input : node.inputs)
            inputs.push_back(shapes.at(input));
        for (const auto& [name, shape] : expected_tensors(node, inputs))
            network.tensors[name] = initial(node, name, shape, seed);
    }
}

} // namespace prunedamr::graph
