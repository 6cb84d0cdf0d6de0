// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite.h"

#include "prunedamr/graph/rewire.h"

#include <cmath>

namespace prunedamr::graph {
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
