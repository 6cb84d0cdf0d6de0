// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/graph/networks.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network_builder.h"

#include <cmath>

namespace prunedamr::graph {
namespace {

constexpr int kLength = 21;

Network empty_net()
{
    Network network;
    network.length = kLength;
    return network;
}

Network finished(Network network)
{
    initialize(network, 1);
    randomize(network, 2);
    validate(network);
    return network;
}

/// Covariances of pairs (II, QQ, IQ) with a correlation of at most 0.6.
void randomize_complex_norm(Network& network, const Node& node, Rng& rng)
{
    for (const char* part : { ".weight", ".bias", ".running_mean" })
        for (float& value : network.tensors.at(node.name + part).data)
            value = static_cast<float>(rng.uniform(-1.0, 1.0));
    auto& covariance = network.tensors.at(node.name + ".running_var").data;
    for (std::size_t i = 0; i < covariance.size(); i += 3) {
        const double i_power = rng.uniform(0.5, 1.5), q_power = rng.uniform(0.5, 1.5);
        covariance[i] = static_cast<float>(i_power);
        covariance[i + 1] = static_cast<float>(q_power);
        covariance[i + 2] = static_cast<float>(rng.uniform(-0.6, 0.6) * std::sqrt(i_power * q_power));
    }
}

std::string conv_norm_relu(NetworkBuilder& build, const std::string& name, const std::string& input,
                           const NetworkBuilder::ConvShape& shape)
{
    auto x = build.conv(name, input, shape);
    x = build.plain(Op::batch_norm, name + "_bn", { x });
    return build.plain(Op::relu, name + "_relu", { x });
}

} // namespace

ZooConfig zoo_config(const std::string& arch, int length, int classes, const std::vector<int>& units)
{
    ZooConfig config;
    config.arch = arch;
    config.length = length;
    config.classes = classes;
    config.units_per_stage = units;
    return config;
}

void randomize(Network& network, std::uint64_t seed)
{
    Rng rng(seed);
    for (const Node& node : network.nodes) {
        if (node.op == Op::complex_norm)
            randomize_complex_norm(network, node, rng);
        if (node.op == Op::batch_norm)
            for (const char* part : { ".weight", ".bias", ".running_mean", ".running_var" })
                for (float& value : network.tensors.at(node.name + part).data)
                    value = static_cast<float>(std::string(part) == ".weight" || std::string(part) == ".running_var"
                                                   ? rng.uniform(0.5, 1.5)
                                                   : rng.uniform(-0.3, 0.3));
        if (node.bias)
            for (float& value : network.tensors.at(node.name + ".bias").data)
                value = static_cast<float>(rng.uniform(-0.3, 0.3));
    }
}

std::string name_of(const Network& network)
{
    return std::to_string(network.nodes.size()) + " nodes from '" + network.nodes[1].name + "' on";
}

std::vector<float> noise_frames(const Network& network, int count, std::uint64_t seed)
{
    Rng rng(seed);
    std::vector<float> frames(static_cast<std::size_t>(count * 2 * network.length));
    for (float& value : frames)
        value = static_cast<float>(rng.normal());
    return frames;
}

Network tiny_net()
{
    Network network;
    network.length = 16;
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "in", {});
    build.begin_unit("u", 0, false, false);
    x = build.conv("c", x, { 3, same_window(1, 3, 1, 2) });
    x = build.plain(Op::batch_norm, "b", { x });
    x = build.plain(Op::relu, "r", { x });
    build.end_unit();
    x = build.plain(Op::global_avg_pool, "p", { x });
    build.linear("fc", x, 2);
    initialize(network, 4);
    randomize(network, 5);
    return network;
}

Network residual_net()
{
    Network network = make_network(zoo_config("resnet56", kLength, 3, { 2, 2, 1 }));
    randomize(network, 2);
    return network;
}

Network concat_net()
{
    Network network = empty_net();
    NetworkBuilder build(network);
    const auto input = build.plain(Op::input, "input", {});
    const auto image = build.plain(Op::as_image, "image", { input });
    const auto left = conv_norm_relu(build, "left", image, { 5, same_window(3, 3), 1, false });
    const auto right = conv_norm_relu(build, "right", image, { 4, same_window(1, 5), 1, true });
    auto x = build.plain(Op::concat, "concat", { left, right });
    x = build.pool(Op::max_pool, "max_pool", x, { 2, 3, 1, 2, 0, 1 });
    x = conv_norm_relu(build, "merge", x, { 6, { 1, 3, 1, 2, 0, 0 }, 1, false });
    x = build.plain(Op::global_avg_pool, "pool", { x });
    build.linear("fc", x, 3);
    return finished(std::move(network));
}

Network depthwise_net()
{
    Network network = empty_net();
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    x = conv_norm_relu(build, "stem", x, { 6, same_window(1, 3, 1, 2), 1, false });
    x = conv_norm_relu(build, "depth", x, { 6, same_window(1, 5), 6, true });
    x = conv_norm_relu(build, "point", x, { 7, same_window(1, 1), 1, false });
    auto gate = build.plain(Op::global_avg_pool, "squeeze", { x });
    gate = build.linear("gate", gate, 7);
    gate = build.plain(Op::sigmoid, "sigmoid", { gate });
    x = build.plain(Op::mul, "mul", { x, gate });
    x = build.plain(Op::global_avg_pool, "pool", { x });
    x = build.dropout("dropout", x, 0.2);
    build.linear("fc", x, 4);
    return finished(std::move(network));
}

Network shuffle_net()
{
    Network network = empty_net();
    NetworkBuilder build(network);
    const auto input = build.plain(Op::input, "input", {});
    const auto left = conv_norm_relu(build, "left", input, { 4, same_window(1, 3), 1, false });
    const auto right = conv_norm_relu(build, "right", input, { 4, same_window(1, 7), 1, false });
    auto x = build.plain(Op::concat, "concat", { left, right });
    x = build.shuffle(Op::channel_shuffle, "shuffle", x, 2);
    x = conv_norm_relu(build, "merge", x, { 8, same_window(1, 1), 1, false });
    x = conv_norm_relu(build, "grouped", x, { 8, same_window(1, 3), 4, false });
    x = build.pool(Op::avg_pool, "avg_pool", x, { 1, 3, 1, 2, 0, 1 });
    x = conv_norm_relu(build, "mix", x, { 5, { 1, 3, 1, 2, 0, 0 }, 1, true });
    x = build.plain(Op::flatten, "flatten", { x });
    x = build.linear("hidden", x, 9);
    x = build.plain(Op::relu, "hidden_relu", { x });
    build.linear("fc", x, 3);
    return finished(std::move(network));
}

Network complex_net()
{
    Network network = empty_net();
    NetworkBuilder build(network);
    auto x = build.plain(Op::as_image, "image", { build.plain(Op::input, "input", {}) });
    x = build.conv("stem", x, { 6, same_window(1, 5), 1, true });
    x = build.plain(Op::complex_sum, "sum", { x });
    x = build.plain(Op::complex_norm, "norm", { x });
    x = build.plain(Op::relu, "stem_relu", { x });
    x = conv_norm_relu(build, "point", x, { 7, { 1, 2, 1, 1, 0, 0 }, 1, false });
    x = build.shuffle(Op::position_shuffle, "shuffle", x, 4);
    const auto mean = build.plain(Op::global_avg_pool, "mean", { x });
    const auto peak = build.pool(Op::max_pool, "peak", x, { 1, 20, 1, 1, 0, 0 });
    auto gate = build.plain(Op::concat_width, "both", { mean, peak });
    gate = build.conv("squeeze", gate, { 3, {}, 1, true });
    gate = build.conv("excite", build.plain(Op::relu, "gate_relu", { gate }), { 7, {}, 1, true });
    gate = build.plain(Op::sigmoid, "gate", { build.plain(Op::global_avg_pool, "join", { gate }) });
    x = build.plain(Op::mul, "mul", { x, gate });
    x = build.plain(Op::global_avg_pool, "pool", { x });
    build.linear("fc", x, 3);
    return finished(std::move(network));
}

std::vector<Network> all_nets()
{
    return { residual_net(), concat_net(), depthwise_net(), shuffle_net(), complex_net() };
}

} // namespace prunedamr::graph
