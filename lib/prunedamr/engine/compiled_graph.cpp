// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/compiled_graph.h"

#include "prunedamr/engine/passes/passes.h"
#include "prunedamr/graph/quantize.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::engine {
namespace {

using graph::Node;
using graph::Op;
using graph::Shape;

bool is_identity(const Node& node, const Shape& in)
{
    switch (node.op) {
    case Op::dropout:
    case Op::detach:
        return true;
    case Op::flatten:
        return in.height * in.width == 1;
    case Op::as_image:
        return in.channels == 1;
    default:
        return false;
    }
}

/// A batch norm that could not be folded is a depthwise 1x1 conv.
void set_batch_norm(const graph::Network& network, const Node& node, Step& step)
{
    const auto& scale = network.tensor(node.name + ".weight").data;
    const auto& shift = network.tensor(node.name + ".bias").data;
    const auto& mean = network.tensor(node.name + ".running_mean").data;
    const auto& variance = network.tensor(node.name + ".running_var").data;
    step.op = Op::conv;
    step.groups = static_cast<std::int64_t>(scale.size());
    for (std::size_t c = 0; c < scale.size(); ++c) {
        const double factor = scale[c] / std::sqrt(variance[c] + node.epsilon);
        step.weight.push_back(static_cast<float>(factor));
        step.bias.push_back(static_cast<float>(shift[c] - mean[c] * factor));
    }
}

/// A complex norm is a 1x1 conv of pairs.
void set_complex_norm(const graph::Network& network, const Node& node, Step& step)
{
    const auto maps = graph::complex_norm_maps(network, node);
    step.op = Op::conv;
    step.groups = static_cast<std::int64_t>(maps.size());
    for (const graph::PairMap& map : maps) {
        for (const double factor : { map.ii, map.iq, map.qi, map.qq })
            step.weight.push_back(static_cast<float>(factor));
        step.bias.push_back(static_cast<float>(map.offset_i));
        step.bias.push_back(static_cast<float>(map.offset_q));
    }
}

void set_conv(const graph::Network& network, const Node& node, Step& step)
{
    step.op = Op::conv;
    step.int8 = graph::quantized_input(network, node) != nullptr;
    step.weight = network.tensor(node.name + ".weight").data;
    step.bias = node.bias ? network.tensor(node.name + ".bias").data
                          : std::vector<float>(static_cast<std::size_t>(node.out_channels), 0.0f);
}

/// Quantization parameters of a node's output; none: float32.
std::optional<graph::QuantParams> dtype_of(const graph::Network& network, const Node& node)
{
    if (graph::hands_on_values(node.op)) {
        const graph::QuantParams* dtype = graph::quantized_input(network, node);
        return dtype ? std::make_optional(*dtype) : std::nullopt;
    }
    const auto found = network.quantized.find(node.name);
    return found == network.quantized.end() ? std::nullopt : std::make_optional(found->second);
}

/// One step per node; identities give their input's value to their readers.
CompiledGraph lower(const graph::Network& network)
{
    const auto shapes = graph::infer_shapes(network);
    std::map<std::string, int> value_of;
    CompiledGraph graph;
    for (const Node& node : network.nodes) {
        if (node.op != Op::input && is_identity(node, shapes.at(node.inputs.front()))) {
            value_of[node.name] = value_of.at(node.inputs.front());
            continue;
        }
        Step step;
        step.node = node.name;
        step.op = node.op;
        step.window = node.window;
        step.groups = node.groups;
        for (const std::string& input : node.inputs)
            step.inputs.push_back(value_of.at(input));
        if (node.op == Op::batch_norm)
            set_batch_norm(network, node, step);
        else if (node.op == Op::complex_norm)
            set_complex_norm(network, node, step);
        else if (node.op == Op::conv || node.op == Op::linear)
            set_conv(network, node, step);
        if (step.op == Op::conv && node.op != Op::conv)
            step.window = {};
        step.output = static_cast<int>(graph.values.size());
        value_of[node.name] = step.output;
        graph.values.push_back({ shapes.at(node.name), node.name, dtype_of(network, node) });
        graph.steps.push_back(std::move(step));
    }
    graph.output = value_of.at(network.nodes.back().name);
    return graph;
}

/// Drops values that fusing left unused, renumbers the rest and notes when each lives.
void number_values(CompiledGraph& graph)
{
    std::vector<int> number(graph.values.size(), -1);
    std::vector<Value> values;
    for (std::size_t i = 0; i < graph.steps.size(); ++i) {
        Step& step = graph.steps[i];
        const int now = static_cast<int>(i);
        for (int& input : step.inputs) {
            input = number[input];
            values[input].last = now;
        }
        for (int* read : { &step.shortcut, &step.gate })
            if (*read >= 0) {
                *read = number[*read];
                values[*read].last = now;
            }
        number[step.output] = static_cast<int>(values.size());
        values.push_back(graph.values[step.output]);
        values.back().first = values.back().last = now;
        step.output = number[step.output];
    }
    graph.output = number[graph.output];
    graph.values = std::move(values);
    graph.values[graph.output].last = static_cast<int>(graph.steps.size());
}

} // namespace

CompiledGraph compile_graph(const graph::Network& network)
{
    CompiledGraph compiled = lower(graph::fold_batch_norm(network));
    fuse_complex(compiled);
    fuse_shortcuts(compiled);
    fuse_gates(compiled);
    fuse_relus(compiled);
    insert_conversions(compiled);
    number_values(compiled);
    return compiled;
}

std::int64_t macs_of(const CompiledGraph& graph, const Step& step)
{
    if (step.op != Op::conv)
        return 0;
    const graph::ConvGeometry& w = step.window;
    const Shape &in = graph.values[step.inputs[0]].shape, &out = graph.values[step.output].shape;
    std::int64_t rows = 0;
    for (std::int64_t y = 0; y < out.height; ++y) {
        const std::int64_t first = y * w.stride_h - w.pad_h;
        rows += std::max<std::int64_t>(0, std::min<std::int64_t>(in.height, first + w.kernel_h) -
                                              std::max<std::int64_t>(0, first));
    }
    return static_cast<std::int64_t>(step.weight.size()) / w.kernel_h * rows * out.width;
}

std::int64_t macs_of(const CompiledGraph& graph)
{
    std::int64_t sum = 0;
    for (const Step& step : graph.steps)
        sum += macs_of(graph, step);
    return sum;
}

bool has_int8(const CompiledGraph& graph)
{
    return std::any_of(graph.values.begin(), graph.values.end(),
                       [](const Value& value) { return value.dtype.has_value(); });
}

} // namespace prunedamr::engine
