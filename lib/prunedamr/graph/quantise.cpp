// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/quantise.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace prunedamr::graph {
namespace {

constexpr float kSmallestScale = 1e-30F, kLargestScale = 1e30F; // their inverses are ordinary numbers too
constexpr float kLargestWeight = 127.0F;

void check_form(const Network& network, const std::string& name, const QuantisedValue& form)
{
    const std::string where = "node '" + name + "'";
    const auto node =
        std::find_if(network.nodes.begin(), network.nodes.end(), [&](const Node& n) { return n.name == name; });
    if (node == network.nodes.end())
        throw Error({ "a value of an unknown node is quantised", where, "", "a node of the network" });
    if (hands_on_values(node->op))
        throw Error({ "a node that hands on its input cannot be quantised", where, to_string(node->op),
                      "an entry for the node that it reads" });
    if (!(form.scale >= kSmallestScale && form.scale <= kLargestScale)) {
        char found[32];
        std::snprintf(found, sizeof found, "%g", static_cast<double>(form.scale));
        throw Error({ "bad scale of a quantised value", where, found, "1e-30..1e30" });
    }
    if (form.zero < 0 || form.zero > 255)
        throw Error({ "bad zero of a quantised value", where, std::to_string(form.zero), "0..255" });
}

} // namespace

int quantise(float x, const QuantisedValue& form)
{
    const float inverse = 1.0F / form.scale;
    const auto low = static_cast<float>(-form.zero), high = static_cast<float>(255 - form.zero);
    const float steps = x * inverse;
    const float clamped = steps > low ? std::min(steps, high) : low; // NaN becomes the lowest
    return static_cast<int>(std::nearbyint(clamped)) + form.zero;
}

float dequantise(int q, const QuantisedValue& form)
{
    return form.scale * static_cast<float>(q - form.zero);
}

QuantisedWeight quantise_weight(const std::vector<float>& weight, std::int64_t channels)
{
    QuantisedWeight result;
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

const QuantisedValue* quantised_input(const Network& network, const Node& node)
{
    if (network.quantised.empty() || node.inputs.empty())
        return nullptr;
    const Node* source = &network.node(node.inputs[0]);
    while (hands_on_values(source->op))
        source = &network.node(source->inputs[0]);
    const auto found = network.quantised.find(source->name);
    return found == network.quantised.end() ? nullptr : &found->second;
}

void check_quantised(const Network& network)
{
    if (network.quantised.empty())
        return;
    for (const auto& [name, form] : network.quantised)
        check_form(network, name, form);
    for (const Node& node : network.nodes) {
        if (node.op != Op::batch_norm)
            continue;
        const Op producer = network.node(node.inputs[0]).op;
        if ((producer == Op::conv || producer == Op::linear) && consumers(network, node.inputs[0]).size() == 1)
            throw Error({ "a quantised network holds a batch norm that is not folded", "node '" + node.name + "'",
                          "behind " + std::string(to_string(producer)) + " '" + node.inputs[0] + "'",
                          "fold_batch_norm before values are quantised" });
    }
}

} // namespace prunedamr::graph
