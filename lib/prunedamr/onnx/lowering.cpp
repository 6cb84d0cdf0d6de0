// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/onnx/lowering.h"

#include "prunedamr/graph/reference.h"

#include <algorithm>

namespace prunedamr::graph::onnx {
namespace {

constexpr std::int64_t kBatch = -1; // in a Reshape: whatever is left

} // namespace

Value full_value(const std::string& name)
{
    return { name, "" };
}

Value flat_value(const std::string& name)
{
    return { "", name };
}

std::string value_name(const Node& node, const std::string& part)
{
    return "/" + node.name + (part.empty() ? "" : ":" + part);
}

std::string Emitter::root(const std::string& node) const
{
    const auto found = same_as_.find(node);
    return found == same_as_.end() ? node : found->second;
}

std::string Emitter::full(const std::string& node)
{
    Value& value = values_.at(root(node));
    if (value.full.empty()) {
        const Shape& s = shape(node);
        value.full = reshape(value.flat + ":full", value.flat, { s.channels, s.height, s.width });
    }
    return value.full;
}

std::string Emitter::flat(const std::string& node)
{
    Value& value = values_.at(root(node));
    if (value.flat.empty()) {
        value.flat = value.full + ":flat";
        emit("Flatten", value.flat, { value.full }).integers["axis"] = 1;
    }
    return value.flat;
}

Operator& Emitter::emit(const std::string& type, const std::string& output, std::vector<std::string> inputs)
{
    model_.operators.push_back({ type, output, std::move(inputs), { output }, {}, {}, {}, {} });
    return model_.operators.back();
}

std::string Emitter::reshape(const std::string& output, const std::string& input, std::vector<std::int64_t> shape)
{
    shape.insert(shape.begin(), kBatch);
    model_.initializers[output + ":shape"] = { { static_cast<std::int64_t>(shape.size()) }, {}, shape };
    emit("Reshape", output, { input, output + ":shape" });
    return output;
}

std::string Emitter::tensor(const std::string& name)
{
    const Tensor& tensor = network_.tensor(name);
    model_.initializers[name] = { tensor.shape, tensor.data, {} };
    return name;
}

void Emitter::rename(const std::string& from, const std::string& to)
{
    for (Operator& op : model_.operators) {
        std::replace(op.inputs.begin(), op.inputs.end(), from, to);
        std::replace(op.outputs.begin(), op.outputs.end(), from, to);
    }
}

namespace {

std::vector<std::string> weighted(Emitter& e, const Node& node, const std::string& input)
{
    std::vector<std::string> inputs = { input, e.tensor(node.name + ".weight") };
    if (node.bias)
        inputs.push_back(e.tensor(node.name + ".bias"));
    return inputs;
}

void set_window(Operator& op, const ConvGeometry& w)
{
    op.lists["kernel_shape"] = { w.kernel_h, w.kernel_w };
    op.lists["strides"] = { w.stride_h, w.stride_w };
    op.lists["pads"] = { w.pad_h, w.pad_w, w.pad_h, w.pad_w };
}

Value conv(Emitter& e, const Node& node)
{
    Operator& op = e.emit("Conv", value_name(node), weighted(e, node, e.full(node.inputs[0])));
    set_window(op, node.window);
    op.integers["group"] = node.groups;
    return full_value(value_name(node));
}

Value linear(Emitter& e, const Node& node)
{
    e.emit("Gemm", value_name(node), weighted(e, node, e.flat(node.inputs[0]))).integers["transB"] = 1;
    return flat_value(value_name(node));
}

Value batch_norm(Emitter& e, const Node& node)
{
    std::vector<std::string> inputs = { e.full(node.inputs[0]) };
    for (const char* part : { ".weight", ".bias", ".running_mean", ".running_var" })
        inputs.push_back(e.tensor(node.name + part));
    e.emit("BatchNormalization", value_name(node), std::move(inputs)).reals["epsilon"] =
        static_cast<float>(node.epsilon);
    return full_value(value_name(node));
}

/// A conv of one tap in groups of two channels.
Value complex_norm(Emitter& e, const Node& node)
{
    Initializer weight, bias;
    const auto maps = complex_norm_maps(e.network(), node);
    for (const PairMap& map : maps) {
        for (const double factor : { map.ii, map.iq, map.qi, map.qq })
            weight.reals.push_back(static_cast<float>(factor));
        bias.reals.push_back(static_cast<float>(map.offset_i));
        bias.reals.push_back(static_cast<float>(map.offset_q));
    }
    const auto pairs = static_cast<std::int64_t>(maps.size());
    weight.shape = { 2 * pairs, 2, 1, 1 };
    bias.shape = { 2 * pairs };
    const std::string weights = value_name(node, "weight"), offsets = value_name(node, "bias");
    e.model().initializers[weights] = std::move(weight);
    e.model().initializers[offsets] = std::move(bias);
    Operator& op = e.emit("Conv", value_name(node), { e.full(node.inputs[0]), weights, offsets });
    set_window(op, {});
    op.integers["group"] = pairs;
    return full_value(value_name(node));
}

std::vector<std::string> split(Emitter& e, const Node& node, const std::string& part, const std::string& input,
                               int axis)
{
    const std::string name = value_name(node, part);
    Operator& op = e.emit("Split", name + "0", { input });
    op.outputs = { name + "0", name + "1" };
    op.integers["axis"] = axis;
    return op.outputs;
}

/// A and B, each with rows I and Q: A_I - B_Q and A_Q + B_I, put side by side along the rows.
Value complex_sum(Emitter& e, const Node& node)
{
    const Shape& out = e.shape(node.name);
    const auto parts = split(e, node, "part", e.full(node.inputs[0]), 1);
    const auto a = split(e, node, "real", parts[0], 2), b = split(e, node, "imaginary", parts[1], 2);
    e.emit("Sub", value_name(node, "i"), { a[0], b[1] });
    e.emit("Add", value_name(node, "q"), { a[1], b[0] });
    e.emit("Concat", value_name(node, "rows"), { value_name(node, "i"), value_name(node, "q") }).integers["axis"] =
        2;
    return full_value(e.reshape(value_name(node), value_name(node, "rows"), { out.channels, 1, out.width }));
}

Value pool(Emitter& e, const Node& node)
{
    const bool largest = node.op == Op::max_pool;
    Operator& op = e.emit(largest ? "MaxPool" : "AveragePool", value_name(node), { e.full(node.inputs[0]) });
    set_window(op, node.window);
    if (!largest)
        op.integers["count_include_pad"] = 0;
    return full_value(value_name(node));
}

Value activation(Emitter& e, const Node& node)
{
    const bool as_is = e.is_flat(node.inputs[0]);
    e.emit(node.op == Op::relu ? "Relu" : "Sigmoid", value_name(node),
           { as_is ? e.flat(node.inputs[0]) : e.full(node.inputs[0]) });
    return as_is ? flat_value(value_name(node)) : full_value(value_name(node));
}

/// A [C, 1, 1] value at every position of `over`. ONNX would broadcast by itself, but OpenCV does so only for one
/// frame.
std::string spread(Emitter& e, const std::string& output, const std::string& input, const Shape& over)
{
    const std::string scales = output + ":scales";
    e.model().initializers[scales] = { { 4 },
                                       { 1, 1, static_cast<float>(over.height), static_cast<float>(over.width) },
                                       {} };
    e.emit("Resize", output, { input, "", scales }).texts = { { "mode", "nearest" },
                                                              { "coordinate_transformation_mode", "asymmetric" },
                                                              { "nearest_mode", "floor" } };
    return output;
}

/// ONNX adds and multiplies two at a time.
Value combine(Emitter& e, const Node& node)
{
    const auto& inputs = node.inputs;
    const Shape& out = e.shape(node.name);
    const bool all_flat =
        std::all_of(inputs.begin(), inputs.end(), [&](const std::string& input) { return e.is_flat(input); });
    const auto operand = [&](std::size_t i) {
        if (all_flat || e.shape(inputs[i]) == out)
            return all_flat ? e.flat(inputs[i]) : e.full(inputs[i]);
        return spread(e, value_name(node, "spread" + std::to_string(i)), e.full(inputs[i]), out);
    };
    std::string sum = operand(0);
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        const bool last = i + 1 == inputs.size();
        const std::string output = value_name(node, last ? "" : "part" + std::to_string(i));
        const std::string right = operand(i);
        e.emit(node.op == Op::add ? "Add" : "Mul", output, { sum, right });
        sum = output;
    }
    return all_flat ? flat_value(sum) : full_value(sum);
}

Value concat(Emitter& e, const Node& node)
{
    std::vector<std::string> inputs;
    for (const std::string& input : node.inputs)
        inputs.push_back(e.full(input));
    e.emit("Concat", value_name(node), std::move(inputs)).integers["axis"] = node.op == Op::concat ? 1 : 3;
    return full_value(value_name(node));
}

Value pad_channels(Emitter& e, const Node& node)
{
    const std::int64_t more = node.out_channels - e.shape(node.inputs[0]).channels;
    const std::string pads = value_name(node, "pads");
    e.model().initializers[pads] = { { 8 }, {}, { 0, 0, 0, 0, 0, more, 0, 0 } };
    e.emit("Pad", value_name(node), { e.full(node.inputs[0]), pads });
    return full_value(value_name(node));
}

/// The axis as [groups, extent / groups], transposed.
Value shuffle(Emitter& e, const Node& node)
{
    const Shape& s = e.shape(node.name);
    const bool by_channel = node.op == Op::channel_shuffle;
    const std::string split = value_name(node, "split"), swapped = value_name(node, "swapped");
    if (by_channel)
        e.reshape(split, e.full(node.inputs[0]), { node.groups, s.channels / node.groups, s.height, s.width });
    else
        e.reshape(split, e.full(node.inputs[0]), { s.channels, s.height, node.groups, s.width / node.groups });
    e.emit("Transpose", swapped, { split }).lists["perm"] =
        by_channel ? std::vector<std::int64_t>{ 0, 2, 1, 3, 4 } : std::vector<std::int64_t>{ 0, 1, 2, 4, 3 };
    return full_value(e.reshape(value_name(node), swapped, { s.channels, s.height, s.width }));
}

Value flatten(Emitter& e, const Node& node)
{
    e.emit("Flatten", value_name(node), { e.full(node.inputs[0]) }).integers["axis"] = 1;
    return flat_value(value_name(node));
}

Value lower_node(Emitter& e, const Node& node)
{
    const Shape& out = e.shape(node.name);
    switch (node.op) {
    case Op::input:
        return full_value(e.reshape(value_name(node), e.model().input.name, { 2, 1, out.width }));
    case Op::as_image:
        return full_value(e.reshape(value_name(node), e.full(node.inputs[0]), { 1, out.height, out.width }));
    case Op::conv:
        return conv(e, node);
    case Op::linear:
        return linear(e, node);
    case Op::batch_norm:
        return batch_norm(e, node);
    case Op::complex_sum:
        return complex_sum(e, node);
    case Op::complex_norm:
        return complex_norm(e, node);
    case Op::relu:
    case Op::sigmoid:
        return activation(e, node);
    case Op::add:
    case Op::mul:
        return combine(e, node);
    case Op::concat:
    case Op::concat_width:
        return concat(e, node);
    case Op::max_pool:
    case Op::avg_pool:
        return pool(e, node);
    case Op::global_avg_pool:
        e.emit("GlobalAveragePool", value_name(node), { e.full(node.inputs[0]) });
        return full_value(value_name(node));
    case Op::pad_channels:
        return pad_channels(e, node);
    case Op::channel_shuffle:
    case Op::position_shuffle:
        return shuffle(e, node);
    case Op::flatten:
        return flatten(e, node);
    case Op::dropout:
    case Op::detach:
        break; // not lowered
    }
    return {};
}

} // namespace

Model lower(const Network& network)
{
    Emitter e(network);
    Model& model = e.model();
    model.input = { "frames", { 2, network.length } };
    model.output = { "logits", { network.classes() } };
    for (const Node& node : network.nodes)
        if (node.op == Op::dropout || node.op == Op::detach) // nothing in inference
            e.set_same(node.name, node.inputs[0]);
        else
            e.set(node.name, lower_node(e, node));
    e.rename(e.flat(network.nodes.back().name), model.output.name);
    return std::move(model);
}

} // namespace prunedamr::graph::onnx
