// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/cost.h"

#include <algorithm>

namespace prunedamr::graph {
namespace {

constexpr std::int64_t kFloatBytes = 4;

Cost node_cost(const Node& node, const std::vector<Shape>& inputs, const Shape& output)
{
    Cost cost;
    const bool is_norm = node.op == Op::batch_norm || node.op == Op::complex_norm;
    for (const auto& [name, shape] : expected_tensors(node, inputs)) {
        std::int64_t count = 1;
        for (const std::int64_t extent : shape)
            count *= extent;
        const bool statistic = name.find(".running_", node.name.size()) != std::string::npos;
        cost.params += statistic ? 0 : count;
        cost.bytes += kFloatBytes * count;
        if (shape.size() > 1 && !is_norm) // a filter: used once at every output position
            cost.macs += count * output.height * output.width;
    }
    cost.paper_flops = cost.macs + (is_norm ? 2 * output.count() : 0);
    cost.peak_activation_bytes = kFloatBytes * output.count();
    return cost;
}

/// Largest sum of outputs that are still to be read, when nodes run in order and each output has its own place.
std::int64_t peak_activation_bytes(const Network& network, const std::vector<NodeCost>& nodes)
{
    std::map<std::string, std::size_t> last_reader;
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        for (const std::string& input : network.nodes[i].inputs)
            last_reader[input] = i;
    std::vector<std::int64_t> freed(network.nodes.size(), 0);
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
        if (const auto found = last_reader.find(network.nodes[i].name); found != last_reader.end())
            freed[found->second] += nodes[i].cost.peak_activation_bytes;
    std::int64_t live = 0, peak = 0;
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        live += nodes[i].cost.peak_activation_bytes;
        peak = std::max(peak, live);
        live -= freed[i];
    }
    return peak;
}

} // namespace

std::vector<NodeCost> cost_by_node(const Network& network)
{
    const auto shapes = infer_shapes(network);
    std::vector<NodeCost> costs;
    for (const Node& node : network.nodes) {
        std::vector<Shape> inputs;
        for (const std::string& input : node.inputs)
            inputs.push_back(shapes.at(input));
        const Shape& output = shapes.at(node.name);
        costs.push_back({ node.name, output, node_cost(node, inputs, output) });
    }
    return costs;
}

Cost cost(const Network& network)
{
    const auto nodes = cost_by_node(network);
    Cost total;
    for (const NodeCost& node : nodes) {
        total.params += node.cost.params;
        total.macs += node.cost.macs;
        total.paper_flops += node.cost.paper_flops;
        total.bytes += node.cost.bytes;
    }
    total.peak_activation_bytes = peak_activation_bytes(network, nodes);
    return total;
}

} // namespace prunedamr::graph
