// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/compiled_graph.h"

#include "tests/engine/engines.h"
#include "tests/graph/networks.h"
#include "prunedamr/graph/network_builder.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace prunedamr;
using namespace prunedamr::test;
using engine::compile_graph;
using engine::CompiledGraph;
using engine::Step;
using graph::Op;

namespace {

template <typename Condition> long count_steps(const CompiledGraph& compiled, Condition condition)
{
    return std::count_if(compiled.steps.begin(), compiled.steps.end(), condition);
}

long count_op(const CompiledGraph& compiled, Op op)
{
    return count_steps(compiled, [&](const Step& step) { return step.op == op; });
}

/// input -> conv -> relu -> logits, where `more` may add readers of the conv.
graph::Network small_net(bool conv_read_twice)
{
    graph::Network network;
    network.length = 16;
    graph::NetworkBuilder build(network);
    const auto input = build.plain(Op::input, "input", {});
    const auto conv = build.conv("conv", input, { 4, graph::same_window(1, 3) });
    auto x = build.plain(Op::relu, "relu", { conv });
    if (conv_read_twice)
        x = build.plain(Op::add, "add", { x, conv });
    x = build.plain(Op::global_avg_pool, "mean", { x });
    build.linear("fc", x, 2);
    initialize(network, 1);
    validate(network);
    return network;
}

} // namespace

TEST(CompiledGraph, Resnet56IsConvsWithEverythingFused)
{
    const CompiledGraph compiled = compile_graph(zoo_network("resnet56", 128));
    EXPECT_EQ(count_op(compiled, Op::conv), 1 + 27 * 2 + 1); // stem, blocks, classifier
    EXPECT_EQ(count_op(compiled, Op::global_avg_pool), 2 + 1);
    EXPECT_EQ(count_op(compiled, Op::pad_channels), 2);
    EXPECT_EQ(compiled.steps.size(), 56u + 3u + 2u + 2u); // and input, image
    EXPECT_EQ(count_steps(compiled, [](const Step& step) { return step.shortcut >= 0; }), 27);
    EXPECT_EQ(count_steps(compiled, [](const Step& step) { return step.relu; }), 55);
}

TEST(CompiledGraph, AComplexStemIsOneConvOfTheFrame)
{
    const CompiledGraph compiled = compile_graph(zoo_network("ulcnn", 128));
    EXPECT_EQ(count_op(compiled, Op::complex_sum) + count_op(compiled, Op::as_image), 0);
    const Step& stem = compiled.steps[1];
    EXPECT_EQ(stem.op, Op::conv);
    EXPECT_EQ(stem.inputs, std::vector<int>{ 0 });
    EXPECT_EQ(stem.weight.size(), 32u * 2u * 5u);
    EXPECT_TRUE(stem.relu);
}

TEST(CompiledGraph, FusesAReluOnlyWhenNobodyElseReadsItsInput)
{
    const CompiledGraph alone = compile_graph(small_net(false));
    EXPECT_EQ(count_op(alone, Op::relu), 0);
    const CompiledGraph shared = compile_graph(small_net(true));
    EXPECT_EQ(count_op(shared, Op::relu), 1);
    EXPECT_EQ(count_op(shared, Op::add), 1);
}

TEST(CompiledGraph, GatesBecomePartOfTheSumBehindThem)
{
    const CompiledGraph compiled = compile_graph(zoo_network("amr_ds_s", 128));
    EXPECT_EQ(count_op(compiled, Op::relu), 0);
    EXPECT_EQ(count_op(compiled, Op::mul), 3); // transitions have no shortcut
    EXPECT_EQ(count_steps(compiled, [](const Step& step) { return step.gate >= 0; }), 8 - 3);
    for (const Step& step : compiled.steps)
        if (step.gate >= 0 || step.op == Op::mul) {
            EXPECT_TRUE(step.relu) << step.node;
        }
}

TEST(CompiledGraph, ValuesLiveFromTheirWriterToTheirLastReader)
{
    for (const auto& network : graph::all_nets()) {
        const CompiledGraph compiled = compile_graph(network);
        ASSERT_EQ(compiled.values.size(), compiled.steps.size());
        for (std::size_t i = 0; i < compiled.steps.size(); ++i) {
            const Step& step = compiled.steps[i];
            EXPECT_EQ(compiled.values[step.output].first, static_cast<int>(i));
            std::vector<int> read = step.inputs;
            for (int more : { step.shortcut, step.gate })
                if (more >= 0)
                    read.push_back(more);
            for (int value : read) {
                EXPECT_LT(compiled.values[value].first, static_cast<int>(i)) << graph::name_of(network) << ", " << step.node;
                EXPECT_GE(compiled.values[value].last, static_cast<int>(i)) << graph::name_of(network) << ", " << step.node;
            }
        }
        EXPECT_EQ(compiled.values[compiled.output].last, static_cast<int>(compiled.steps.size()));
    }
}
