// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network.h"

#include <string>
#include <vector>

namespace prunedamr::test {

inline graph::Node make_node(const std::string& name, graph::Op op, const std::vector<std::string>& inputs)
{
    graph::Node node;
    node.name = name;
    node.op = op;
    node.inputs = inputs;
    return node;
}

inline graph::Node make_conv(const std::string& name, const std::string& input, int out, graph::ConvGeometry window,
                             int groups = 1, bool bias = false)
{
    graph::Node node = make_node(name, graph::Op::conv, { input });
    node.out_channels = out;
    node.window = window;
    node.groups = groups;
    node.bias = bias;
    return node;
}

inline graph::Node make_linear(const std::string& name, const std::string& input, int out)
{
    graph::Node node = make_node(name, graph::Op::linear, { input });
    node.out_channels = out;
    node.bias = true;
    return node;
}

/// A network of the nodes, with weights, biases and statistics drawn so that none is neutral.
inline graph::Network make_network_of(std::vector<graph::Node> nodes, int length)
{
    graph::Network network;
    network.length = length;
    network.nodes = std::move(nodes);
    graph::initialize(network, 1);
    Rng rng(2);
    for (auto& [name, tensor] : network.tensors) {
        const std::string part = name.substr(name.rfind('.') + 1);
        for (float& value : tensor.data)
            if (tensor.shape.size() == 1)
                value = static_cast<float>(part == "running_var" ? rng.uniform(0.5, 2.0) : rng.normal());
    }
    for (const graph::Node& node : network.nodes)
        if (node.op == graph::Op::complex_norm) {
            for (const char* part : { ".weight", ".bias", ".running_mean" })
                for (float& value : network.tensors.at(node.name + part).data)
                    value = static_cast<float>(rng.normal());
            auto& covariance = network.tensors.at(node.name + ".running_var").data;
            for (std::size_t i = 0; i < covariance.size(); ++i)
                covariance[i] = i % 3 == 2 ? -0.7F : static_cast<float>(rng.uniform(0.8, 2.0));
        }
    graph::validate(network);
    return network;
}

/// conv, norm, relu, mean, linear: the smallest network that learns tones.
inline graph::Network tiny_network(int length = 32, int classes = 3)
{
    using graph::Op;
    return make_network_of({ make_node("input", Op::input, {}), make_conv("conv", "input", 8, { 1, 5, 1, 2, 0, 2 }),
                             make_node("bn", Op::batch_norm, { "conv" }), make_node("relu", Op::relu, { "bn" }),
                             make_node("pool", Op::global_avg_pool, { "relu" }),
                             make_linear("fc", "pool", classes) },
                           length);
}

/// A complex conv with its norm, then as `tiny_network`.
inline graph::Network tiny_complex_network(int length = 16, int classes = 3)
{
    using graph::Op;
    return make_network_of(
        { make_node("input", Op::input, {}), make_node("image", Op::as_image, { "input" }),
          make_conv("conv", "image", 6, { 1, 3, 1, 1, 0, 1 }, 1, true),
          make_node("sum", Op::complex_sum, { "conv" }), make_node("bn", Op::complex_norm, { "sum" }),
          make_node("sigmoid", Op::sigmoid, { "bn" }), make_node("pool", Op::global_avg_pool, { "sigmoid" }),
          make_linear("fc", "pool", classes) },
        length);
}

/// Uses every operation of the graph once or more, in both layouts (image and 1-D).
inline graph::Network every_operation_network()
{
    using graph::Op;
    graph::Node max_pool = make_node("max_pool", Op::max_pool, { "relu" });
    max_pool.window = { 1, 3, 1, 2, 0, 1 };
    graph::Node avg_pool = make_node("avg_pool", Op::avg_pool, { "max_pool" });
    avg_pool.window = { 2, 3, 2, 1, 0, 1 };
    graph::Node shuffle = make_node("shuffle", Op::channel_shuffle, { "concat" });
    shuffle.groups = 2;
    graph::Node pad = make_node("pad", Op::pad_channels, { "sum" });
    pad.out_channels = 10;
    graph::Node dropout = make_node("dropout", Op::dropout, { "flatten" });
    dropout.dropout = 0.5;
    graph::Node half = make_node("half", Op::max_pool, { "bn" });
    half.window = { 1, 5, 1, 1, 0, 0 };
    graph::Node mixed = make_node("mixed", Op::position_shuffle, { "joined" });
    mixed.groups = 3;
    return make_network_of({ make_node("input", Op::input, {}),
                             make_node("image", Op::as_image, { "input" }),
                             make_conv("complex", "image", 6, { 1, 3, 1, 1, 0, 1 }, 1, true),
                             make_node("complex_sum", Op::complex_sum, { "complex" }),
                             make_node("complex_norm", Op::complex_norm, { "complex_sum" }),
                             make_node("complex_mean", Op::global_avg_pool, { "complex_norm" }),
                             make_conv("conv2d", "image", 4, { 3, 3, 1, 1, 1, 1 }, 1, true),
                             make_node("bn", Op::batch_norm, { "conv2d" }),
                             make_node("relu", Op::relu, { "bn" }),
                             max_pool,
                             avg_pool,
                             make_conv("conv1d", "input", 4, { 1, 3, 1, 2, 0, 1 }, 2),
                             make_node("sigmoid", Op::sigmoid, { "conv1d" }),
                             make_node("add", Op::add, { "avg_pool", "sigmoid" }),
                             make_node("concat", Op::concat, { "add", "conv1d" }),
                             shuffle,
                             make_node("mean", Op::global_avg_pool, { "shuffle" }),
                             make_node("gate", Op::sigmoid, { "mean" }),
                             make_node("gated", Op::mul, { "shuffle", "gate" }),
                             half,
                             make_node("joined", Op::concat_width, { "half", "bn" }),
                             mixed,
                             make_node("mixed_mean", Op::global_avg_pool, { "mixed" }),
                             make_node("means", Op::concat, { "mixed_mean", "complex_mean" }),
                             make_conv("gathered", "means", 8, {}, 1, true),
                             make_node("sum", Op::add, { "gated", "gathered" }),
                             pad,
                             make_node("pad_mean", Op::global_avg_pool, { "pad" }),
                             make_node("detach", Op::detach, { "pad_mean" }),
                             make_node("shortcut", Op::add, { "pad", "detach" }),
                             make_node("flatten", Op::flatten, { "shortcut" }),
                             dropout,
                             make_linear("fc", "dropout", 3) },
                           17);
}

inline std::vector<float> random_frames(int count, std::int64_t length, std::uint64_t seed = 3)
{
    Rng rng(seed);
    std::vector<float> frames(static_cast<std::size_t>(count * 2 * length));
    for (float& value : frames)
        value = static_cast<float>(rng.normal());
    return frames;
}

} // namespace prunedamr::test
