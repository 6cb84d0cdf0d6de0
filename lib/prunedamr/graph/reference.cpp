// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/reference.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/quantize.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::graph {
namespace {

using Activations = std::map<std::string, std::vector<float>>;

/// Last reader of every node.
std::map<std::string, std::string> last_readers(const Network& network)
{
    std::map<std::string, std::string> readers;
    for (const Node& node : network.nodes)
        for (const std::string& input : node.inputs)
            readers[input] = node.name;
    return readers;
}

void round_to_8_bits(std::vector<float>& values, const QuantParams& params)
{
    for (float& value : values)
        value = dequantize(quantize(value, params), params);
}

/// Runs one frame; outputs that nobody reads any more are dropped unless `keep_all`.
Activations run_frame(const Network& network, const std::map<std::string, Shape>& shapes, const float* frame,
                      bool keep_all)
{
    const auto readers = last_readers(network);
    Activations values;
    for (const Node& node : network.nodes) {
        std::vector<Operand> inputs;
        for (const std::string& input : node.inputs)
            inputs.push_back({ shapes.at(input), &values.at(input) });
        auto& output = values[node.name];
        if (node.op == Op::input)
            output.assign(frame, frame + 2 * network.length);
        else
            output = run_node(network, node, inputs, shapes.at(node.name));
        if (const auto params = network.quantized.find(node.name); params != network.quantized.end())
            round_to_8_bits(output, params->second);
        for (const std::string& input : node.inputs)
            if (!keep_all && readers.at(input) == node.name)
                values.erase(input);
    }
    return values;
}

} // namespace

std::vector<float> run_reference(const Network& network, const std::vector<float>& frames)
{
    validate(network);
    const auto frame_values = static_cast<std::size_t>(2 * network.length);
    PRUNEDAMR_CHECK(frames.size() % frame_values == 0, "frames must be [batch, 2, length]");
    const auto shapes = infer_shapes(network);
    std::vector<float> logits;
    for (std::size_t start = 0; start < frames.size(); start += frame_values) {
        const auto values = run_frame(network, shapes, frames.data() + start, false);
        const auto& last = values.at(network.nodes.back().name);
        logits.insert(logits.end(), last.begin(), last.end());
    }
    return logits;
}

std::map<std::string, std::vector<float>> run_reference_nodes(const Network& network,
                                                              const std::vector<float>& frame)
{
    validate(network);
    PRUNEDAMR_CHECK(frame.size() == static_cast<std::size_t>(2 * network.length), "frame must be [2, length]");
    return run_frame(network, infer_shapes(network), frame.data(), true);
}

double relative_error(const std::vector<float>& expected, const std::vector<float>& got)
{
    PRUNEDAMR_CHECK(expected.size() == got.size(), "logits of different lengths");
    double low = std::numeric_limits<double>::infinity(), high = -low, largest = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (!std::isfinite(expected[i]) || !std::isfinite(got[i]))
            return std::numeric_limits<double>::infinity();
        low = std::min(low, static_cast<double>(expected[i]));
        high = std::max(high, static_cast<double>(expected[i]));
        largest = std::max(largest, std::abs(static_cast<double>(expected[i]) - got[i]));
    }
    return largest == 0.0 ? 0.0 : largest / (high - low); // infinite when all expected values are one
}

} // namespace prunedamr::graph
