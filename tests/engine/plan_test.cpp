// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/plan.h"

#include "tests/engine/engines.h"
#include "tests/graph/networks.h"
#include "prunedamr/graph/network_builder.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace prunedamr;
using namespace prunedamr::test;
using engine::make_plan;
using engine::Plan;
using engine::Step;
using graph::Op;

namespace {

template <typename Condition> long count_steps(const Plan& plan, Condition condition)
{
    return std::count_if(plan.steps.begin(), plan.steps.end(), condition);
}

long count_op(const Plan& plan, Op op)
{
    return count_steps(plan, [&](const Step& step) { return step.op == op; });
}

/// input -> conv -> relu -> logits, where `more` may add readers of the conv.
graph::Network small_net(bool conv_read_twice)
{
    graph::Network network;
    network.front_end.frame_length = 16;
    network.labels = network.families = { "a", "b" };
    graph::NetworkBuilder build(network);
    const auto input = build.plain(Op::input, "input", {});
    const auto conv = build.conv("conv", input, { 4, graph::same_window(1, 3) });
    auto x = build.plain(Op::relu, "relu", { conv });
    if (conv_read_twice)
        x = build.plain(Op::add, "add", { x, conv });
    x = build.plain(Op::global_avg_pool, "mean", { x });
    build.linear("fc", x, 2);
    initialise(network, 1);
    validate(network);
    return network;
}

} // namespace

TEST(Plan, Resnet56IsConvsWithEverythingFused)
{
    const Plan plan = make_plan(zoo_network("resnet56", 128));
    EXPECT_EQ(count_op(plan, Op::conv), 1 + 27 * 2 + 1); // stem, blocks, classifier
    EXPECT_EQ(count_op(plan, Op::global_avg_pool), 2 + 1);
    EXPECT_EQ(count_op(plan, Op::pad_channels), 2);
    EXPECT_EQ(plan.steps.size(), 56u + 3u + 2u + 2u); // and input, image
    EXPECT_EQ(count_steps(plan, [](const Step& step) { return step.shortcut >= 0; }), 27);
    EXPECT_EQ(count_steps(plan, [](const Step& step) { return step.relu; }), 55);
}

TEST(Plan, AComplexStemIsOneConvOfTheFrame)
{
    const Plan plan = make_plan(zoo_network("ulcnn", 128));
    EXPECT_EQ(count_op(plan, Op::complex_sum) + count_op(plan, Op::as_image), 0);
    const Step& stem = plan.steps[1];
    EXPECT_EQ(stem.op, Op::conv);
    EXPECT_EQ(stem.inputs, std::vector<int>{ 0 });
    EXPECT_EQ(stem.weight.size(), 32u * 2u * 5u);
    EXPECT_TRUE(stem.relu);
}

TEST(Plan, FusesAReluOnlyWhenNobodyElseReadsItsInput)
{
    const Plan alone = make_plan(small_net(false));
    EXPECT_EQ(count_op(alone, Op::relu), 0);
    const Plan shared = make_plan(small_net(true));
    EXPECT_EQ(count_op(shared, Op::relu), 1);
    EXPECT_EQ(count_op(shared, Op::add), 1);
}

TEST(Plan, GatesBecomePartOfTheSumBehindThem)
{
    const Plan plan = make_plan(zoo_network("amr_ds_s", 128));
    EXPECT_EQ(count_op(plan, Op::relu), 0);
    EXPECT_EQ(count_op(plan, Op::mul), 3); // transitions have no shortcut
    EXPECT_EQ(count_steps(plan, [](const Step& step) { return step.gate >= 0; }), 8 - 3);
    for (const Step& step : plan.steps)
        if (step.gate >= 0 || step.op == Op::mul) {
            EXPECT_TRUE(step.relu) << step.node;
        }
}

TEST(Plan, ValuesLiveFromTheirWriterToTheirLastReader)
{
    for (const auto& network : graph::all_nets()) {
        const Plan plan = make_plan(network);
        ASSERT_EQ(plan.values.size(), plan.steps.size());
        for (std::size_t i = 0; i < plan.steps.size(); ++i) {
            const Step& step = plan.steps[i];
            EXPECT_EQ(plan.values[step.output].first, static_cast<int>(i));
            std::vector<int> read = step.inputs;
            for (int more : { step.shortcut, step.gate })
                if (more >= 0)
                    read.push_back(more);
            for (int value : read) {
                EXPECT_LT(plan.values[value].first, static_cast<int>(i)) << network.name << ", " << step.node;
                EXPECT_GE(plan.values[value].last, static_cast<int>(i)) << network.name << ", " << step.node;
            }
        }
        EXPECT_EQ(plan.values[plan.output].last, static_cast<int>(plan.steps.size()));
    }
}
