// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::graph {
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

void initialise(Network& network, std::uint64_t seed, const std::vector<std::string>& node_names)
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
