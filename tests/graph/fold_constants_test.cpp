// SPDX-License-Identifier: GPL-3.0-or-later
// Folding against masked execution: every mixing reader is shown the constant in place of the channel.
#include "prunedamr/graph/rewrite/edits.h"

#include "tests/graph/networks.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace prunedamr::graph {
namespace {

using Activations = std::map<std::string, std::vector<float>>;

/// Every node's output for one frame, with constants in what mixing readers read.
Activations run_masked(const Network& network, const std::vector<float>& frame, const ChannelConstants& constants)
{
    const auto shapes = infer_shapes(network);
    Activations values{ { network.nodes.front().name, frame } };
    for (std::size_t i = 1; i < network.nodes.size(); ++i) {
        const Node& node = network.nodes[i];
        std::vector<std::vector<float>> read;
        std::vector<Operand> operands;
        for (const std::string& input : node.inputs)
            read.push_back(values.at(input));
        for (std::size_t k = 0; k < node.inputs.size(); ++k) {
            const Shape& shape = shapes.at(node.inputs[k]);
            const auto found = constants.find(node.inputs[k]);
            if (found != constants.end() && (node.op == Op::linear || (node.op == Op::conv && node.groups == 1)))
                for (const auto& [channel, value] : found->second)
                    std::fill_n(read[k].begin() + channel * shape.height * shape.width, shape.height * shape.width,
                                value);
            operands.push_back({ shape, &read[k] });
        }
        values[node.name] = run_node(network, node, operands, shapes.at(node.name));
    }
    return values;
}

/// A plan that removes half of the groups of every layer, with random constants wherever their channels are mixed.
PruningPlan half_with_constants(const Network& network, Rng& rng)
{
    const auto layers = channel_layers(network);
    const ChannelTies ties(network);
    KeptGroups kept(layers.size());
    std::set<int> removed;
    for (std::size_t l = 0; l < layers.size(); ++l)
        for (std::size_t g = 0; g < layers[l].groups.size(); ++g) {
            const auto& [node, channel] = layers[l].groups[g].members.front();
            if (g % 2 == 0)
                kept[l].push_back(static_cast<int>(g));
            else
                removed.insert(ties.groups(node)[static_cast<std::size_t>(channel)]);
        }
    PruningPlan plan = channel_plan(network, layers, kept);
    for (const std::string& node : mixed_nodes(network)) {
        const auto groups = ties.groups(node);
        for (std::size_t c = 0; c < groups.size(); ++c)
            if (removed.count(groups[c]))
                plan.constants[node][static_cast<int>(c)] = static_cast<float>(rng.uniform(-1.0, 1.0));
    }
    return plan;
}

/// input -> flatten -> linear 8 -> relu -> linear: dense, `bias` of the last.
Network dense_net(bool relu)
{
    Network network;
    network.length = 16;
    NetworkBuilder build(network);
    auto x = build.plain(Op::flatten, "flatten", { build.plain(Op::input, "input", {}) });
    for (const char* name : { "first", "second" }) {
        x = build.linear(name, x, 8);
        x = relu ? build.plain(Op::relu, std::string(name) + "_relu", { x }) : x;
    }
    build.linear("fc", x, 3);
    initialize(network, 1);
    randomize(network, 2);
    return network;
}

/// One padded conv reads the conv before it: conv 6 -> conv 4 (given window) -> pool -> fc.
Network conv_pair(const ConvGeometry& window, bool norm)
{
    Network network;
    network.length = 21;
    NetworkBuilder build(network);
    auto x = build.plain(Op::as_image, "image", { build.plain(Op::input, "input", {}) });
    x = build.conv("first", x, { 6, same_window(3, 3), 1, true });
    x = build.plain(Op::relu, "relu", { x });
    x = build.conv("second", x, { 4, window, 1, false });
    x = norm ? build.plain(Op::batch_norm, "bn", { x }) : x;
    x = build.plain(Op::global_avg_pool, "pool", { x });
    build.linear("fc", x, 3);
    initialize(network, 1);
    randomize(network, 2);
    return network;
}

double error_against_masked(const Network& network, const PruningPlan& plan)
{
    const Network pruned = apply(network, plan);
    double worst = 0.0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const auto frame = noise_frames(network, 1, seed);
        const auto expected = run_masked(network, frame, plan.constants).at(network.nodes.back().name);
        worst = std::max(worst, relative_error(expected, run_reference(pruned, frame)));
        EXPECT_GT(relative_error(run_reference(network, frame), expected), 1e-3) << "the mask does nothing";
    }
    return worst;
}

} // namespace

TEST(FoldConstants, EqualsMaskedExecutionWithoutPadding)
{
    Rng rng(3);
    for (const Network& network :
         { concat_net(), depthwise_net(), shuffle_net(), dense_net(true), dense_net(false) })
        EXPECT_LT(error_against_masked(network, half_with_constants(network, rng)), 1e-5) << name_of(network);
    for (const bool norm : { false, true }) {
        const auto network = conv_pair({ 2, 3, 1, 2, 0, 0 }, norm);
        EXPECT_LT(error_against_masked(network, half_with_constants(network, rng)), 1e-5) << norm;
    }
}

TEST(FoldConstants, KeepsTheMeanOfAPaddedReader)
{
    Rng rng(4);
    for (const ConvGeometry& window :
         { ConvGeometry{ 3, 3, 1, 1, 1, 1 }, ConvGeometry{ 3, 5, 2, 3, 1, 2 }, ConvGeometry{ 1, 7, 1, 1, 0, 3 } })
        for (const bool norm : { false, true }) {
            const auto network = conv_pair(window, norm); // linear after the padded conv: means decide the logits
            EXPECT_LT(error_against_masked(network, half_with_constants(network, rng)), 1e-5) << window.kernel_w;
        }
}

TEST(FoldConstants, WithoutThinningGivesTheSameLogits)
{
    Rng rng(5);
    const auto network = shuffle_net();
    const PruningPlan plan = half_with_constants(network, rng);
    const auto frame = noise_frames(network, 1, 8);
    EXPECT_LT(relative_error(run_reference(fold_constants(network, plan.constants), frame),
                             run_reference(apply(network, plan), frame)),
              1e-5);
}

TEST(FoldConstants, GoesToBiasOrRunningMeanAndAddsABiasOnlyWhereNeeded)
{
    const auto with_norm = conv_pair({ 2, 3, 1, 2, 0, 0 }, true);
    const auto folded = fold_constants(with_norm, { { "relu", { { 1, 0.5F } } } });
    EXPECT_FALSE(folded.node("second").bias);
    EXPECT_NE(folded.tensor("bn.running_mean").data, with_norm.tensor("bn.running_mean").data);
    EXPECT_EQ(folded.tensor("bn.bias").data, with_norm.tensor("bn.bias").data);

    const auto without = conv_pair({ 2, 3, 1, 2, 0, 0 }, false);
    EXPECT_FALSE(fold_constants(without, { { "relu", { { 1, 0.0F } } } }).node("second").bias);
    const auto biased = fold_constants(without, { { "relu", { { 1, 0.5F } } } });
    EXPECT_TRUE(biased.node("second").bias);
    validate(biased);
    double expected = 0.0; // of output 2: all taps of channel 1
    for (int tap = 0; tap < 6; ++tap)
        expected += 0.5 * without.tensor("second.weight").data[(2 * 6 + 1) * 6 + tap];
    EXPECT_NEAR(biased.tensor("second.bias").data[2], expected, 1e-6);
}

TEST(FoldConstants, RefusesUnknownNodesAndChannels)
{
    const auto network = dense_net(true);
    EXPECT_ERROR(fold_constants(network, { { "nowhere", { { 0, 1.0F } } } }), "nowhere");
    EXPECT_ERROR(fold_constants(network, { { "first_relu", { { 8, 1.0F } } } }),
                 "node 'first_relu': constant for a channel that is not there: found 8, expected 0..7");
    PruningPlan plan;
    plan.constants["nowhere"][0] = 1.0F;
    EXPECT_ERROR(apply(network, plan), "nowhere");
}

} // namespace prunedamr::graph
