// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/quantize.h"
#include "prunedamr/graph/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::graph {
namespace {

using Values = std::vector<float>;

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
    const ConvGeometry& w = node.window;
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
    const ConvGeometry& w = node.window;
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

/// `blocks` of [groups, extent / groups, inner] become [extent / groups, groups, inner].
Values shuffle(const Values& in, std::int64_t blocks, std::int64_t extent, std::int64_t groups)
{
    const std::int64_t per_group = extent / groups;
    const std::int64_t inner = static_cast<std::int64_t>(in.size()) / (blocks * extent);
    Values result;
    result.reserve(in.size());
    for (std::int64_t b = 0; b < blocks; ++b)
        for (std::int64_t i = 0; i < per_group; ++i)
            for (std::int64_t g = 0; g < groups; ++g) {
                const auto from = in.begin() + (b * extent + g * per_group + i) * inner;
                result.insert(result.end(), from, from + inner);
            }
    return result;
}

Values concat_width(const std::vector<Operand>& in, const Shape& out)
{
    Values result;
    for (std::int64_t row = 0; row < out.channels * out.height; ++row)
        for (const Operand& operand : in) {
            const auto from = operand.data->begin() + row * operand.shape.width;
            result.insert(result.end(), from, from + operand.shape.width);
        }
    return result;
}

Values complex_sum(const Operand& in)
{
    const std::int64_t width = in.shape.width, filters = in.shape.channels / 2;
    const auto at = [&](std::int64_t channel, int row, std::int64_t x) {
        return (*in.data)[(2 * channel + row) * width + x];
    };
    Values result(static_cast<std::size_t>(in.shape.channels * width));
    for (std::int64_t c = 0; c < filters; ++c)
        for (std::int64_t x = 0; x < width; ++x) {
            result[2 * c * width + x] = at(c, 0, x) - at(filters + c, 1, x);
            result[(2 * c + 1) * width + x] = at(c, 1, x) + at(filters + c, 0, x);
        }
    return result;
}

Values complex_norm(const Network& network, const Node& node, const Operand& in)
{
    const std::int64_t positions = in.shape.height * in.shape.width;
    const auto maps = complex_norm_maps(network, node);
    Values result(in.data->size());
    for (std::size_t c = 0; c < maps.size(); ++c)
        for (std::int64_t p = 0; p < positions; ++p) {
            const std::size_t i = 2 * c * positions + p, q = i + positions;
            const double x = (*in.data)[i], y = (*in.data)[q];
            result[i] = static_cast<float>(maps[c].ii * x + maps[c].iq * y + maps[c].offset_i);
            result[q] = static_cast<float>(maps[c].qi * x + maps[c].qq * y + maps[c].offset_q);
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
    case Op::linear:
        return run_filter(network, node, inputs[0], output);
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
    case Op::concat_width:
        return concat_width(inputs, output);
    case Op::channel_shuffle:
        return shuffle(*inputs[0].data, 1, output.channels, node.groups);
    case Op::position_shuffle:
        return shuffle(*inputs[0].data, output.channels * output.height, output.width, node.groups);
    case Op::complex_sum:
        return complex_sum(inputs[0]);
    case Op::complex_norm:
        return complex_norm(network, node, inputs[0]);
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
              const ConvGeometry& w)
{
    for (int k = 0; k < w.kernel_w; ++k) {
        const std::int64_t offset = k - w.pad_w;
        const auto [first, last] = inside(outputs, inputs, w.stride_w, offset);
        const double tap = taps[k];
        for (std::int64_t o = first; o < last; ++o)
            sums[o] += tap * row[o * w.stride_w + offset];
    }
}

Values conv(const Node& node, const Values& weight, const Values* bias, const Operand& in, const Shape& out)
{
    const ConvGeometry& w = node.window;
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

Values linear(const Values& weight, const Values* bias, const Operand& in, const Shape& out)
{
    const std::int64_t inputs = in.shape.channels;
    Values result;
    for (std::int64_t o = 0; o < out.channels; ++o) {
        double sum = bias ? (*bias)[o] : 0.0;
        for (std::int64_t i = 0; i < inputs; ++i)
            sum += static_cast<double>(weight[o * inputs + i]) * (*in.data)[i];
        result.push_back(static_cast<float>(sum));
    }
    return result;
}

Values filter(const Node& node, const Values& weight, const Values* bias, const Operand& in, const Shape& out)
{
    return node.op == Op::conv ? conv(node, weight, bias, in, out) : linear(weight, bias, in, out);
}

/// conv or linear of an input in 8 bits: whole numbers, whose sums are exact in double, then one scale and the
/// bias.
Values whole_filter(const Node& node, const Values& weight, const Values* bias, const Operand& in, const Shape& out,
                    const QuantParams& params)
{
    const QuantizedWeight whole = quantize_weight(weight, out.channels);
    Values steps;
    for (const float x : *in.data)
        steps.push_back(static_cast<float>(quantize(x, params) - params.zero_point));
    const Values filters(whole.values.begin(), whole.values.end());
    Values result = filter(node, filters, nullptr, { in.shape, &steps }, out);
    const std::size_t positions = static_cast<std::size_t>(out.height * out.width);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const std::size_t channel = i / positions;
        const float factor = params.scale * whole.scales[channel];
        const auto scaled = static_cast<float>(static_cast<double>(result[i]) * factor);
        result[i] = static_cast<float>(static_cast<double>(scaled) + (bias ? (*bias)[channel] : 0.0F));
    }
    return result;
}

} // namespace

std::vector<float> run_filter(const Network& network, const Node& node, const Operand& in, const Shape& out)
{
    const Values& weight = network.tensor(node.name + ".weight").data;
    const Values* bias = node.bias ? &network.tensor(node.name + ".bias").data : nullptr;
    const QuantParams* params = quantized_input(network, node);
    return params ? whole_filter(node, weight, bias, in, out, *params) : filter(node, weight, bias, in, out);
}

std::vector<PairMap> complex_norm_maps(const Network& network, const Node& node)
{
    const auto& weight = network.tensor(node.name + ".weight").data;
    const auto& bias = network.tensor(node.name + ".bias").data;
    const auto& mean = network.tensor(node.name + ".running_mean").data;
    const auto& covariance = network.tensor(node.name + ".running_var").data;
    std::vector<PairMap> maps;
    for (std::size_t c = 0; 2 * c < bias.size(); ++c) {
        const double v_ii = covariance[3 * c] + node.epsilon, v_qq = covariance[3 * c + 1] + node.epsilon;
        const double v_iq = covariance[3 * c + 2];
        const double s = std::sqrt(std::max(v_ii * v_qq - v_iq * v_iq, node.epsilon * node.epsilon));
        const double scale = 1.0 / (s * std::sqrt(v_ii + v_qq + 2.0 * s));
        const double r_ii = (v_qq + s) * scale, r_qq = (v_ii + s) * scale, r_iq = -v_iq * scale;
        const double w_ii = weight[3 * c], w_qq = weight[3 * c + 1], w_iq = weight[3 * c + 2];
        PairMap map{ w_ii * r_ii + w_iq * r_iq,
                     w_ii * r_iq + w_iq * r_qq,
                     w_iq * r_ii + w_qq * r_iq,
                     w_iq * r_iq + w_qq * r_qq,
                     0.0,
                     0.0 };
        map.offset_i = bias[2 * c] - map.ii * mean[2 * c] - map.iq * mean[2 * c + 1];
        map.offset_q = bias[2 * c + 1] - map.qi * mean[2 * c] - map.qq * mean[2 * c + 1];
        maps.push_back(map);
    }
    return maps;
}

} // namespace prunedamr::graph
