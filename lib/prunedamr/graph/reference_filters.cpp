// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/reference_filters.h"

#include "prunedamr/graph/quantise.h"

#include <algorithm>

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

Values conv(const Node& node, const Values& weight, const Values* bias, const Operand& in, const Shape& out)
{
    const Window& w = node.window;
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
                    const QuantisedValue& form)
{
    const QuantisedWeight whole = quantise_weight(weight, out.channels);
    Values steps;
    for (const float x : *in.data)
        steps.push_back(static_cast<float>(quantise(x, form) - form.zero));
    const Values filters(whole.values.begin(), whole.values.end());
    Values result = filter(node, filters, nullptr, { in.shape, &steps }, out);
    const std::size_t positions = static_cast<std::size_t>(out.height * out.width);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const std::size_t channel = i / positions;
        const float factor = form.scale * whole.scales[channel];
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
    const QuantisedValue* form = quantised_input(network, node);
    return form ? whole_filter(node, weight, bias, in, out, *form) : filter(node, weight, bias, in, out);
}

} // namespace prunedamr::graph
