// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/graph/network.h"

#include <algorithm>

namespace prunedamr::graph {
namespace {

// Far above any network of this field; they keep every product of extents within 64 bits.
constexpr std::int64_t kMaxChannels = 1 << 16;
constexpr int kMaxWindow = 1024;
constexpr int kMaxPool = 1 << 16; // a pool may cover a whole frame
constexpr std::int64_t kMaxActivation = 1 << 26;
constexpr std::size_t kMaxInputs = 64;

[[noreturn]] void fail(const Node& node, const std::string& problem, const std::string& found,
                       const std::string& expected)
{
    throw Error({ std::string(to_string(node.op)) + ": " + problem, "node '" + node.name + "'", found, expected });
}

void require_range(const Node& node, const char* what, std::int64_t value, std::int64_t low, std::int64_t high)
{
    if (value < low || value > high)
        fail(node, std::string("bad ") + what, std::to_string(value),
             std::to_string(low) + ".." + std::to_string(high));
}

void check_arity(const Node& node)
{
    std::size_t low = 1, high = 1;
    if (node.op == Op::input)
        low = high = 0;
    else if (node.op == Op::mul)
        low = high = 2;
    else if (node.op == Op::add || node.op == Op::concat || node.op == Op::concat_width) {
        low = 2;
        high = kMaxInputs;
    }
    const std::size_t count = node.inputs.size();
    if (count < low || count > high)
        fail(node, "wrong number of inputs", std::to_string(count),
             low == high ? std::to_string(low) : std::to_string(low) + ".." + std::to_string(high));
}

void check_window(const Node& node)
{
    const ConvGeometry& w = node.window;
    const bool pool = node.op != Op::conv;
    require_range(node, "kernel height", w.kernel_h, 1, pool ? kMaxPool : kMaxWindow);
    require_range(node, "kernel width", w.kernel_w, 1, pool ? kMaxPool : kMaxWindow);
    require_range(node, "stride height", w.stride_h, 1, kMaxWindow);
    require_range(node, "stride width", w.stride_w, 1, kMaxWindow);
    // A pool's window must always hold a sample, hence at most half of it may be padding.
    require_range(node, "padding height", w.pad_h, 0, pool ? w.kernel_h / 2 : kMaxWindow);
    require_range(node, "padding width", w.pad_w, 0, pool ? w.kernel_w / 2 : kMaxWindow);
}

Shape windowed(const Node& node, const Shape& in, std::int64_t channels)
{
    check_window(node);
    const ConvGeometry& w = node.window;
    const std::int64_t room_h = in.height + 2 * w.pad_h - w.kernel_h;
    const std::int64_t room_w = in.width + 2 * w.pad_w - w.kernel_w;
    if (room_h < 0 || room_w < 0)
        fail(node, "window is larger than the padded input", to_string(in),
             "at least " + std::to_string(w.kernel_h - 2 * w.pad_h) + " x " +
                 std::to_string(w.kernel_w - 2 * w.pad_w) + " positions");
    return { channels, room_h / w.stride_h + 1, room_w / w.stride_w + 1 };
}

Shape conv_shape(const Node& node, const Shape& in)
{
    require_range(node, "out_channels", node.out_channels, 1, kMaxChannels);
    require_range(node, "groups", node.groups, 1, kMaxChannels);
    require_range(node, "input channels", in.channels, 1, kMaxChannels);
    if (in.channels % node.groups != 0 || node.out_channels % node.groups != 0)
        fail(node, "groups do not divide the channels",
             std::to_string(node.groups) + " groups, " + std::to_string(in.channels) + " -> " +
                 std::to_string(node.out_channels) + " channels",
             "a divisor of both");
    return windowed(node, in, node.out_channels);
}

/// Shape of add and mul: inputs agree, except that [C, 1, 1] spreads over positions.
Shape broadcast_shape(const Node& node, const std::vector<Shape>& inputs)
{
    Shape out = inputs[0];
    for (const Shape& in : inputs)
        if (in.height * in.width > out.height * out.width)
            out = in;
    for (const Shape& in : inputs)
        if (!(in == out) && !(in == Shape{ out.channels, 1, 1 }))
            fail(node, "inputs do not fit", to_string(in),
                 to_string(out) + " or [" + std::to_string(out.channels) + ", 1, 1]");
    return out;
}

Shape concat_width_shape(const Node& node, const std::vector<Shape>& inputs)
{
    Shape out = inputs[0];
    out.width = 0;
    for (const Shape& in : inputs) {
        if (in.channels != out.channels || in.height != out.height)
            fail(node, "inputs do not fit", to_string(in),
                 "[" + std::to_string(out.channels) + ", " + std::to_string(out.height) + ", *]");
        out.width += in.width;
    }
    return out;
}

Shape complex_sum_shape(const Node& node, const Shape& in)
{
    if (in.channels % 2 != 0 || in.height != 2)
        fail(node, "input is not real and imaginary parts over rows I and Q", to_string(in), "[2C, 2, W]");
    return { in.channels, 1, in.width };
}

Shape complex_norm_shape(const Node& node, const Shape& in)
{
    if (in.channels % 2 != 0)
        fail(node, "channels do not come in pairs", to_string(in), "[2C, H, W]");
    return in;
}

Shape concat_shape(const Node& node, const std::vector<Shape>& inputs)
{
    Shape out = inputs[0];
    out.channels = 0;
    for (const Shape& in : inputs) {
        if (in.height != out.height || in.width != out.width)
            fail(node, "inputs do not fit", to_string(in),
                 "[*, " + std::to_string(out.height) + ", " + std::to_string(out.width) + "]");
        out.channels += in.channels;
    }
    return out;
}

Shape pad_channels_shape(const Node& node, const Shape& in)
{
    require_range(node, "out_channels", node.out_channels, in.channels, kMaxChannels);
    return { node.out_channels, in.height, in.width };
}

Shape shuffle_shape(const Node& node, const Shape& in)
{
    require_range(node, "groups", node.groups, 1, kMaxChannels);
    const bool by_channel = node.op == Op::channel_shuffle;
    const std::int64_t extent = by_channel ? in.channels : in.width;
    if (extent % node.groups != 0)
        fail(node, std::string("groups do not divide the ") + (by_channel ? "channels" : "width"),
             std::to_string(node.groups), "a divisor of " + std::to_string(extent));
    return in;
}

Shape linear_shape(const Node& node, const Shape& in)
{
    require_range(node, "out_channels", node.out_channels, 1, kMaxChannels);
    if (in.height != 1 || in.width != 1)
        fail(node, "input is not flat", to_string(in), "[C, 1, 1]");
    return { node.out_channels, 1, 1 };
}

Shape image_shape(const Node& node, const Shape& in)
{
    if (in.height != 1)
        fail(node, "input is not one row per channel", to_string(in), "[C, 1, W]");
    return { 1, in.channels, in.width };
}

Shape output_shape(const Node& node, const std::vector<Shape>& in, std::int64_t length)
{
    switch (node.op) {
    case Op::input:
        return { 2, 1, length };
    case Op::as_image:
        return image_shape(node, in[0]);
    case Op::conv:
        return conv_shape(node, in[0]);
    case Op::max_pool:
    case Op::avg_pool:
        return windowed(node, in[0], in[0].channels);
    case Op::add:
    case Op::mul:
        return broadcast_shape(node, in);
    case Op::concat:
        return concat_shape(node, in);
    case Op::concat_width:
        return concat_width_shape(node, in);
    case Op::complex_sum:
        return complex_sum_shape(node, in[0]);
    case Op::complex_norm:
        return complex_norm_shape(node, in[0]);
    case Op::global_avg_pool:
        return { in[0].channels, 1, 1 };
    case Op::pad_channels:
        return pad_channels_shape(node, in[0]);
    case Op::channel_shuffle:
    case Op::position_shuffle:
        return shuffle_shape(node, in[0]);
    case Op::flatten:
        return { in[0].count(), 1, 1 };
    case Op::linear:
        return linear_shape(node, in[0]);
    case Op::batch_norm:
    case Op::relu:
    case Op::sigmoid:
    case Op::dropout:
    case Op::detach:
        return in[0];
    }
    fail(node, "unknown operation", std::to_string(static_cast<int>(node.op)), "");
}

} // namespace

std::map<std::string, Shape> infer_shapes(const Network& network)
{
    std::map<std::string, Shape> shapes;
    for (const Node& node : network.nodes) {
        check_arity(node);
        std::vector<Shape> inputs;
        for (const std::string& name : node.inputs) {
            const auto found = shapes.find(name);
            if (found == shapes.end())
                fail(node, "input is not an earlier node", "'" + name + "'", "a node that stands before it");
            inputs.push_back(found->second);
        }
        const Shape shape = output_shape(node, inputs, network.length);
        if (shape.width < 1 || shape.width > kMaxActivation || shape.height > kMaxActivation ||
            shape.channels > kMaxActivation / shape.width ||
            shape.channels * shape.width > kMaxActivation / shape.height)
            fail(node, "bad output size", to_string(shape), "1.." + std::to_string(kMaxActivation) + " elements");
        if (!shapes.emplace(node.name, shape).second)
            fail(node, "name is used twice", "'" + node.name + "'", "unique names");
    }
    return shapes;
}

std::map<std::string, std::vector<std::int64_t>> expected_tensors(const Node& node,
                                                                  const std::vector<Shape>& inputs)
{
    std::map<std::string, std::vector<std::int64_t>> tensors;
    if (node.op == Op::batch_norm)
        for (const char* part : { ".weight", ".bias", ".running_mean", ".running_var" })
            tensors[node.name + part] = { inputs.at(0).channels };
    if (node.op == Op::complex_norm) {
        const std::int64_t pairs = inputs.at(0).channels / 2;
        tensors = { { node.name + ".weight", { pairs, 3 } },
                    { node.name + ".bias", { pairs, 2 } },
                    { node.name + ".running_mean", { pairs, 2 } },
                    { node.name + ".running_var", { pairs, 3 } } };
    }
    if (node.op == Op::conv)
        tensors[node.name + ".weight"] = { node.out_channels, inputs.at(0).channels / node.groups,
                                           node.window.kernel_h, node.window.kernel_w };
    if (node.op == Op::linear)
        tensors[node.name + ".weight"] = { node.out_channels, inputs.at(0).channels };
    if ((node.op == Op::conv || node.op == Op::linear) && node.bias)
        tensors[node.name + ".bias"] = { node.out_channels };
    return tensors;
}

} // namespace prunedamr::graph
