// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/quantize.h"

#include "prunedamr/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::graph {
namespace {

constexpr float kSmallestScale = 1e-30F, kLargestScale = 1e30F; // their inverses are ordinary numbers too
constexpr float kLargestWeight = 127.0F;

void check_params(const Network& network, const std::string& name, const QuantParams& params)
{
    const std::string where = "node '" + name + "'";
    const auto node =
        std::find_if(network.nodes.begin(), network.nodes.end(), [&](const Node& n) { return n.name == name; });
    if (node == network.nodes.end())
        throw Error({ "a value of an unknown node is quantized", where, "", "a node of the network" });
    if (hands_on_values(node->op))
        throw Error({ "a node that hands on its input cannot be quantized", where, to_string(node->op),
                      "an entry for the node that it reads" });
    if (!(params.scale >= kSmallestScale && params.scale <= kLargestScale))
        throw Error({ "bad scale of a quantized value", where, fmt::format("{:g}", params.scale), "1e-30..1e30" });
    if (params.zero_point < 0 || params.zero_point > 255)
        throw Error({ "bad zero of a quantized value", where, std::to_string(params.zero_point), "0..255" });
}

} // namespace

int quantize(float x, const QuantParams& params)
{
    const float inverse = 1.0F / params.scale;
    const auto low = static_cast<float>(-params.zero_point), high = static_cast<float>(255 - params.zero_point);
    const float steps = x * inverse;
    const float clamped = steps > low ? std::min(steps, high) : low; // NaN becomes the lowest
    return static_cast<int>(std::nearbyint(clamped)) + params.zero_point;
}

float dequantize(int q, const QuantParams& params)
{
    return params.scale * static_cast<float>(q - params.zero_point);
}

QuantizedWeight quantize_weight(const std::vector<float>& weight, std::int64_t channels)
{
    QuantizedWeight result;
    const std::size_t taps = weight.size() / static_cast<std::size_t>(channels);
    for (std::size_t first = 0; first < weight.size(); first += taps) {
        float largest = 0.0F;
        for (std::size_t i = first; i < first + taps; ++i)
            largest = std::max(largest, std::abs(weight[i]));
        const float scale = largest / kLargestWeight;
        const bool zero = !(scale > 0.0F); // all of them, or too small for a scale
        result.scales.push_back(zero ? 1.0F : scale);
        for (std::size_t i = first; i < first + taps; ++i)
            result.values.push_back(static_cast<std::int8_t>(
                std::clamp(std::nearbyint(zero ? 0.0F : weight[i] / scale), -kLargestWeight, kLargestWeight)));
    }
    return result;
}

bool hands_on_values(Op op)
{
    return op == Op::dropout || op == Op::detach || op == Op::flatten || op == Op::as_image;
}

const QuantParams* quantized_input(const Network& network, const Node& node)
{
    if (network.quantized.empty() || node.inputs.empty())
        return nullptr;
    const Node* source = &network.node(node.inputs[0]);
    while (hands_on_values(source->op))
        source = &network.node(source->inputs[0]);
    const auto found = network.quantized.find(source->name);
    return found == network.quantized.end() ? nullptr : &found->second;
}

void check_quantized(const Network& network)
{
    if (network.quantized.empty())
        return;
    for (const auto& [name, params] : network.quantized)
        check_params(network, name, params);
    for (const Node& node : network.nodes) {
        if (node.op != Op::batch_norm)
            continue;
        const Op producer = network.node(node.inputs[0]).op;
        if ((producer == Op::conv || producer == Op::linear) && consumers(network, node.inputs[0]).size() == 1)
            throw Error({ "a quantized network holds a batch norm that is not folded", "node '" + node.name + "'",
                          "behind " + std::string(to_string(producer)) + " '" + node.inputs[0] + "'",
                          "fold_batch_norm before values are quantized" });
    }
}

} // namespace prunedamr::graph
