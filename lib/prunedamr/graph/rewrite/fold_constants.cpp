// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/edits.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::graph {
namespace {

/// Along one axis: the fraction of output positions at which each tap of the kernel lies within the input.
std::vector<double> tap_fractions(std::int64_t in, std::int64_t out, int kernel, int stride, int pad)
{
    std::vector<double> fractions(static_cast<std::size_t>(kernel), 0.0);
    for (int k = 0; k < kernel; ++k)
        for (std::int64_t position = 0; position < out; ++position) {
            const std::int64_t read = position * stride + k - pad;
            fractions[static_cast<std::size_t>(k)] += read >= 0 && read < in ? 1.0 / static_cast<double>(out) : 0.0;
        }
    return fractions;
}

/// For each tap of a reader's kernel, row by row, the fraction of its output positions that it takes part in.
std::vector<double> tap_fractions(const Node& reader, const Shape& in, const Shape& out)
{
    if (reader.op == Op::linear)
        return { 1.0 };
    const ConvGeometry& w = reader.window;
    std::vector<double> fractions;
    for (const double row : tap_fractions(in.height, out.height, w.kernel_h, w.stride_h, w.pad_h))
        for (const double column : tap_fractions(in.width, out.width, w.kernel_w, w.stride_w, w.pad_w))
            fractions.push_back(row * column);
    return fractions;
}

/// What the constants add to each output of `reader`, on average over positions; its weights on them become 0.
std::vector<double> take_from_weights(Tensor& weight, const std::map<int, float>& constants,
                                      const std::vector<double>& fractions)
{
    const auto outputs = static_cast<std::size_t>(weight.shape[0]);
    const auto inputs = static_cast<std::size_t>(weight.shape[1]);
    std::vector<double> shift(outputs, 0.0);
    for (std::size_t o = 0; o < outputs; ++o)
        for (const auto& [channel, value] : constants) {
            float* taps = weight.data.data() + (o * inputs + static_cast<std::size_t>(channel)) * fractions.size();
            for (std::size_t t = 0; t < fractions.size(); ++t)
                shift[o] += fractions[t] * value * taps[t];
            std::fill_n(taps, fractions.size(), 0.0F);
        }
    return shift;
}

void add_to(Tensor& tensor, const std::vector<double>& shift, double sign)
{
    for (std::size_t i = 0; i < shift.size(); ++i)
        tensor.data[i] = static_cast<float>(tensor.data[i] + sign * shift[i]);
}

void add_shift(Network& network, Node& reader, const std::vector<double>& shift)
{
    const auto followers = consumers(network, reader.name);
    if (!reader.bias && followers.size() == 1 && network.node(followers.front()).op == Op::batch_norm)
        return add_to(network.tensors.at(followers.front() + ".running_mean"), shift, -1.0);
    if (!reader.bias && std::all_of(shift.begin(), shift.end(), [](double s) { return s == 0.0; }))
        return;
    Tensor& bias = network.tensors[reader.name + ".bias"];
    if (!reader.bias)
        bias = { { reader.out_channels }, std::vector<float>(shift.size(), 0.0F) };
    reader.bias = true;
    add_to(bias, shift, 1.0);
}

void check_constants(const ChannelConstants& constants, const Network& network,
                     const std::map<std::string, Shape>& shapes)
{
    for (const auto& [name, values] : constants) {
        const std::int64_t channels = shapes.at(network.node(name).name).channels;
        for (const auto& value : values)
            if (value.first < 0 || value.first >= channels)
                throw Error({ "constant for a channel that is not there", "node '" + name + "'",
                              std::to_string(value.first), "0.." + std::to_string(channels - 1) });
    }
}

} // namespace

bool mixes_channels(const Node& node)
{
    return (node.op == Op::conv && node.groups == 1) || node.op == Op::linear;
}

std::vector<std::string> mixed_nodes(const Network& network)
{
    std::vector<std::string> nodes;
    for (const Node& node : network.nodes) {
        const auto readers = consumers(network, node.name);
        if (std::any_of(readers.begin(), readers.end(),
                        [&](const std::string& reader) { return mixes_channels(network.node(reader)); }))
            nodes.push_back(node.name);
    }
    return nodes;
}

Network fold_constants(Network network, const ChannelConstants& constants)
{
    const auto shapes = infer_shapes(network);
    check_constants(constants, network, shapes);
    for (Node& reader : network.nodes) {
        if (!mixes_channels(reader))
            continue;
        const auto found = constants.find(reader.inputs[0]);
        if (found == constants.end() || found->second.empty())
            continue;
        const auto fractions = tap_fractions(reader, shapes.at(reader.inputs[0]), shapes.at(reader.name));
        const auto shift = take_from_weights(network.tensors.at(reader.name + ".weight"), found->second, fractions);
        add_shift(network, reader, shift);
    }
    return network;
}

namespace {

/// weight' = weight * s, bias' = (bias - mean) * s + shift with s = scale / sqrt(variance + epsilon).
void fold_into(Network& network, Node& producer, const Node& norm)
{
    const auto& scale = network.tensor(norm.name + ".weight").data;
    const auto& shift = network.tensor(norm.name + ".bias").data;
    const auto& mean = network.tensor(norm.name + ".running_mean").data;
    const auto& variance = network.tensor(norm.name + ".running_var").data;
    Tensor& weight = network.tensors.at(producer.name + ".weight");
    Tensor& bias = network.tensors[producer.name + ".bias"];
    if (!producer.bias)
        bias = { { producer.out_channels }, std::vector<float>(scale.size(), 0.0F) };
    producer.bias = true;
    const std::size_t taps = weight.data.size() / scale.size();
    for (std::size_t c = 0; c < scale.size(); ++c) {
        const double factor = scale[c] / std::sqrt(variance[c] + norm.epsilon);
        for (std::size_t t = c * taps; t < (c + 1) * taps; ++t)
            weight.data[t] = static_cast<float>(weight.data[t] * factor);
        bias.data[c] = static_cast<float>((static_cast<double>(bias.data[c]) - mean[c]) * factor + shift[c]);
    }
}

} // namespace

Network fold_batch_norm(const Network& network)
{
    validate(network);
    Network folded = network;
    for (const Node& norm : network.nodes) {
        if (norm.op != Op::batch_norm)
            continue;
        const std::string input = folded.node(norm.name).inputs[0]; // after the folding of norms before this one
        const Op op = folded.node(input).op;
        if ((op != Op::conv && op != Op::linear) || consumers(folded, input).size() != 1)
            continue;
        for (Node& node : folded.nodes)
            if (node.name == input)
                fold_into(folded, node, norm);
        bypass_nodes(folded, { norm.name }, norm.name, input);
    }
    validate(folded);
    return folded;
}

} // namespace prunedamr::graph
