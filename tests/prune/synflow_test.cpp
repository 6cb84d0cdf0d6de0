// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/psr/scores.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/graph/reference.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::prune {
namespace {

using graph::Op;

graph::Network empty_network(int length)
{
    graph::Network network;
    network.length = length;
    return network;
}

graph::Node conv_node(const std::string& name, const std::string& input, int out, int kernel)
{
    graph::Node node;
    node.name = name;
    node.op = Op::conv;
    node.inputs = { input };
    node.out_channels = out;
    node.window.kernel_w = kernel;
    node.window.pad_w = kernel / 2;
    return node;
}

graph::Node plain_node(const std::string& name, Op op, const std::string& input)
{
    graph::Node node;
    node.name = name;
    node.op = op;
    if (op != Op::input)
        node.inputs = { input };
    node.out_channels = op == Op::linear ? 2 : 0;
    return node;
}

/// conv, relu, conv, (detach), flatten, linear; no bias, no norm.
graph::Network chain(bool detached)
{
    graph::Network network = empty_network(16);
    network.nodes = { plain_node("input", Op::input, ""), conv_node("conv1", "input", 3, 3),
                      plain_node("relu", Op::relu, "conv1"), conv_node("conv2", "relu", 4, 5) };
    network.nodes.push_back(plain_node("cut", detached ? Op::detach : Op::relu, "conv2"));
    network.nodes.push_back(plain_node("flatten", Op::flatten, "cut"));
    network.nodes.push_back(plain_node("fc", Op::linear, "flatten"));
    graph::initialize(network, 3);
    graph::validate(network);
    return network;
}

/// R of a chain without norms: the sum of logits for an input of ones and absolute weights.
double plain_response(graph::Network network)
{
    for (auto& [name, tensor] : network.tensors) {
        for (float& value : tensor.data)
            value = std::abs(value);
    }
    const auto logits = graph::run_reference(network, std::vector<float>(2 * network.length, 1.0F));
    return std::accumulate(logits.begin(), logits.end(), 0.0);
}

using Values = std::vector<double>;

/// conv(3 taps, 2 -> 3, no bias), norm, relu, mean, linear(3 -> 2): R of one row of ones by hand, length 16.
double normed_response(const std::map<std::string, Values>& t)
{
    constexpr int kLength = 16;
    Values mean_out(3, 0.0);
    for (int c = 0; c < 3; ++c) {
        Values y(kLength, 0.0);
        for (int x = 0; x < kLength; ++x) {
            for (int in = 0; in < 2; ++in) {
                for (int k = 0; k < 3; ++k)
                    y[x] +=
                        x + k - 1 >= 0 && x + k - 1 < kLength ? t.at("conv1.weight")[(c * 2 + in) * 3 + k] : 0.0;
            }
        }
        const double mean = std::accumulate(y.begin(), y.end(), 0.0) / kLength;
        double variance = 0.0;
        for (double value : y)
            variance += (value - mean) * (value - mean) / kLength;
        for (double value : y)
            mean_out[c] += std::max(0.0, t.at("bn.weight")[c] * (value - mean) / std::sqrt(variance + 1e-5) +
                                             t.at("bn.bias")[c]) /
                           kLength;
    }
    double sum = 0.0;
    for (int label = 0; label < 2; ++label) {
        for (int c = 0; c < 3; ++c)
            sum += t.at("fc.weight")[label * 3 + c] * mean_out[c];
    }
    return sum;
}

} // namespace

TEST(SynFlow, ChainWithoutBiasGivesResponseTimesLayers)
{
    const graph::Network network = chain(false);
    EXPECT_NEAR(synflow_score(network, 1) / (3.0 * plain_response(network)), 1.0, 1e-6);
}

TEST(SynFlow, GradientStopsAtDetach)
{
    const graph::Network network = chain(true);
    EXPECT_NEAR(synflow_score(network, 1) / plain_response(network), 1.0, 1e-6);
}

TEST(SynFlow, AgreesWithFiniteDifferencesUnderBatchNorm)
{
    graph::Network network = empty_network(16);
    network.nodes = { plain_node("input", Op::input, ""),
                      conv_node("conv1", "input", 3, 3),
                      plain_node("bn", Op::batch_norm, "conv1"),
                      plain_node("relu", Op::relu, "bn"),
                      plain_node("pool", Op::global_avg_pool, "relu"),
                      plain_node("fc", Op::linear, "pool") };
    graph::initialize(network, 4);
    graph::randomize(network, 6);
    graph::validate(network);

    std::map<std::string, Values> values;
    for (const char* name : { "conv1.weight", "bn.weight", "bn.bias", "fc.weight" }) {
        for (float value : network.tensor(name).data)
            values[name].push_back(std::abs(static_cast<double>(value)));
    }
    double expected = 0.0;
    for (auto& [name, tensor] : values) {
        for (double& theta : tensor) {
            const double present = theta;
            const double step = 1e-6 * std::max(present, 1e-3);
            theta = present + step;
            const double above = normed_response(values);
            theta = present - step;
            const double below = normed_response(values);
            theta = present;
            expected += std::abs(present * (above - below) / (2.0 * step));
        }
    }
    EXPECT_NEAR(synflow_score(network, 1) / expected, 1.0, 1e-5);
}

TEST(SynFlow, IsProportionalToTheBatch)
{
    for (const char* arch : { "resnet56", "amr_s" }) {
        const graph::Network network = toy_network(
            arch == std::string("amr_s") ? std::vector<int>{ 1, 1, 1, 1 } : std::vector<int>{ 1, 2, 1 }, arch);
        const double two = synflow_score(network, 2);
        EXPECT_GT(two, 0.0);
        EXPECT_NEAR(synflow_score(network, 128) / two, 64.0, 1e-6) << arch;
        EXPECT_EQ(synflow_score(network, 2), two) << arch << ": dropout or chance took part";
    }
}

TEST(SynFlow, SignsDoNotMatter)
{
    const graph::Network network = toy_network({ 1, 1, 1 });
    graph::Network flipped = network;
    for (auto& [name, tensor] : flipped.tensors) {
        if (name.find("running_var") == std::string::npos) {
            for (float& value : tensor.data)
                value = -value;
        }
    }
    EXPECT_EQ(synflow_score(network, 2), synflow_score(flipped, 2));
}

} // namespace prunedamr::prune
