// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/reference_ops.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::graph {
namespace {

using Values = std::vector<float>;

/// Output positions [first, last) along one axis whose input position `o * stride + offset` lies inside.
struct Range {
    std::int64_t first, last;
};

Range inside(std::int64_t outputs, std::int64_t inputs, std::int64_t stride, std::int64_t offset)
{
    const std::int64_t first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    const std::int64_t last = inputs - offset <= 0 ? 0 : (inputs - offset - 1) / stride + 1;
    return { first, std::max(first, std::min(outputs, last)) };
}

/// Adds one filter row to one output row.
void add_taps(double* sums, std::int64_t outputs, const float* row, std::int64_t inputs, const float* taps,
              const Window& w)
{
    for (int k = 0; k < w.kernel_w; ++k) {
        const std::int64_t offset = k - w.pad_w;
        const auto [first, last] = inside(outputs, inputs, w.stride_w, offset);
        const double tap = taps[k];
        for (std::int64_t o = first; o < last; ++o)
            sums[o] += tap * row[o * w.stride_w + offset];
    }
}

Values conv(const Network& network, const Node& node, const Operand& in, const Shape& out)
{
    const Window& w = node.window;
    const Values& weight = network.tensor(node.name + ".weight").data;
    const Values* bias = node.bias ? &network.tensor(node.name + ".bias").data : nullptr;
    const std::int64_t in_per_group = in.shape.channels / node.groups;
    const std::int64_t out_per_group = out.channels / node.groups;
    Values result;
    result.reserve(static_cast<std::size_t>(out.count()));
    std::vector<double> sums(static_cast<std::size_t>(out.width));
    for (std::int64_t o = 0; o < out.channels; ++o)
        for (std::int64_t y = 0; y < out.height; ++y) {
            std::fill(sums.begin(), sums.end(), bias ? (*bias)[o] : 0.0);
            for (std::int64_t i = 0; i < in_per_group; ++i)
                for (int k = 0; k < w.kernel_h; ++k) {
                    const std::int64_t row = y * w.stride_h + k - w.pad_h;
                    if (row < 0 || row >= in.shape.height)
                        continue;
                    const std::int64_t channel = o / out_per_group * in_per_group + i;
                    add_taps(sums.data(), out.width,
                             in.data->data() + (channel * in.shape.height + row) * in.shape.width, in.shape.width,
                             weight.data() + ((o * in_per_group + i) * w.kernel_h + k) * w.kernel_w, w);
                }
            for (const double sum : sums)
                result.push_back(static_cast<float>(sum));
        }
    return result;
}

Values linear(const Network& network, const Node& node, const Operand& in, const Shape& out)
{
    const Values& weight = network.tensor(node.name + ".weight").data;
    const std::int64_t inputs = in.shape.channels;
    Values result;
    for (std::int64_t o = 0; o < out.channels; ++o) {
        double sum = node.bias ? network.tensor(node.name + ".bias").data[o] : 0.0;
        for (std::int64_t i = 0; i < inputs; ++i)
            sum += static_cast<double>(weight[o * inputs + i]) * (*in.data)[i];
        result.push_back(static_cast<float>(sum));
    }
    return result;
}

Values batch_norm(const Network& network, const Node& node, const Operand& in)
{
    const Values& weight = network.tensor(node.name + ".weight").data;
    const Values& bias = network.tensor(node.name + ".bias").data;
    const Values& mean = network.tensor(node.name + ".running_mean").data;
    const Values& variance = network.tensor(node.name + ".running_var").data;
    const std::int64_t positions = in.shape.height * in.shape.width;
    Values result = *in.data;
    for (std::int64_t c = 0; c < in.shape.channels; ++c) {
        const double scale = weight[c] / std::sqrt(variance[c] + node.epsilon);
        for (std::int64_t p = c * positions; p < (c + 1) * positions; ++p)
            result[p] = static_cast<float>((static_cast<double>(result[p]) - mean[c]) * scale + bias[c]);
    }
    return result;
}

/// add and mul; [C, 1, 1] operands spread over positions.
Values combine(const Node& node, const std::vector<Operand>& in, const Shape& out)
{
    const std::int64_t positions = out.height * out.width;
    Values result(static_cast<std::size_t>(out.count()));
    for (std::int64_t i = 0; i < out.count(); ++i) {
        double value = node.op == Op::mul ? 1.0 : 0.0;
        for (const Operand& operand : in) {
            const double x = (*operand.data)[operand.shape == out ? i : i / positions];
            value = node.op == Op::mul ? value * x : value + x;
        }
        result[i] = static_cast<float>(value);
    }
    return result;
}

/// One pooled value; positions of the window that lie in the padding are left out.
float pool_window(const Node& node, const float* plane, const Shape& in, std::int64_t y, std::int64_t x)
{
    const Window& w = node.window;
    double largest = -std::numeric_limits<double>::infinity(), sum = 0.0;
    std::int64_t count = 0;
    for (std::int64_t row = std::max<std::int64_t>(0, y); row < std::min(in.height, y + w.kernel_h); ++row)
        for (std::int64_t col = std::max<std::int64_t>(0, x); col < std::min(in.width, x + w.kernel_w); ++col) {
            const double value = plane[row * in.width + col];
            largest = std::max(largest, value);
            sum += value;
            ++count;
        }
    return static_cast<float>(node.op == Op::max_pool ? largest : sum / static_cast<double>(count));
}

Values pool(const Node& node, const Operand& in, const Shape& out)
{
    const Window& w = node.window;
    Values result;
    result.reserve(static_cast<std::size_t>(out.count()));
    for (std::int64_t c = 0; c < out.channels; ++c)
        for (std::int64_t y = 0; y < out.height; ++y)
            for (std::int64_t x = 0; x < out.width; ++x)
                result.push_back(pool_window(node, in.data->data() + c * in.shape.height * in.shape.width, in.shape,
                                             y * w.stride_h - w.pad_h, x * w.stride_w - w.pad_w));
    return result;
}

Values global_avg_pool(const Operand& in)
{
    const std::int64_t positions = in.shape.height * in.shape.width;
    Values result;
    for (std::int64_t c = 0; c < in.shape.channels; ++c) {
        double sum = 0.0;
        for (std::int64_t p = c * positions; p < (c + 1) * positions; ++p)
            sum += (*in.data)[p];
        result.push_back(static_cast<float>(sum / static_cast<double>(positions)));
    }
    return result;
}

Values concat(const std::vector<Operand>& in)
{
    Values result;
    for (const Operand& operand : in)
        result.insert(result.end(), operand.data->begin(), operand.data->end());
    return result;
}

Values channel_shuffle(const Node& node, const Operand& in)
{
    const std::int64_t positions = in.shape.height * in.shape.width;
    const std::int64_t per_group = in.shape.channels / node.groups;
    Values result;
    result.reserve(in.data->size());
    for (std::int64_t i = 0; i < per_group; ++i)
        for (std::int64_t g = 0; g < node.groups; ++g) {
            const auto plane = in.data->begin() + (g * per_group + i) * positions;
            result.insert(result.end(), plane, plane + positions);
        }
    return result;
}

Values activate(const Node& node, const Operand& in)
{
    Values result = *in.data;
    for (float& value : result)
        value = node.op == Op::relu ? std::max(value, 0.0F)
                                    : static_cast<float>(1.0 / (1.0 + std::exp(-static_cast<double>(value))));
    return result;
}

} // namespace

std::vector<float> run_node(const Network& network, const Node& node, const std::vector<Operand>& inputs,
                            const Shape& output)
{
    switch (node.op) {
    case Op::conv:
        return conv(network, node, inputs[0], output);
    case Op::linear:
        return linear(network, node, inputs[0], output);
    case Op::batch_norm:
        return batch_norm(network, node, inputs[0]);
    case Op::relu:
    case Op::sigmoid:
        return activate(node, inputs[0]);
    case Op::add:
    case Op::mul:
        return combine(node, inputs, output);
    case Op::concat:
        return concat(inputs);
    case Op::max_pool:
    case Op::avg_pool:
        return pool(node, inputs[0], output);
    case Op::global_avg_pool:
        return global_avg_pool(inputs[0]);
    case Op::channel_shuffle:
        return channel_shuffle(node, inputs[0]);
    case Op::pad_channels: {
        Values padded = *inputs[0].data;
        padded.resize(static_cast<std::size_t>(output.count()), 0.0F);
        return padded;
    }
    case Op::input:
    case Op::as_image:
    case Op::flatten:
    case Op::dropout:
    case Op::detach:
        break; // the same bytes
    }
    return *inputs[0].data;
}

} // namespace prunedamr::graph
