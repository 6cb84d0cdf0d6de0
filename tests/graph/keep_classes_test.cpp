// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/graph/network_json.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/edits.h"

#include "tests/graph/networks.h"

#include <gtest/gtest.h>

namespace prunedamr::graph {
namespace {

/// Logits of a class that is norm, activation and pool after a conv.
Network convolutional_net()
{
    Network network = residual_net();
    const std::int64_t classes = network.classes();
    network.nodes.clear();
    network.tensors.clear();
    network.units.clear();
    NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    x = build.conv("classes", x, { classes, same_window(1, 3), 1, true });
    x = build.plain(Op::batch_norm, "norm", { x });
    x = build.plain(Op::relu, "relu", { x });
    x = build.plain(Op::global_avg_pool, "pool", { x });
    build.plain(Op::flatten, "flatten", { x });
    initialize(network, 1);
    randomize(network, 2);
    validate(network);
    return network;
}

} // namespace

TEST(KeepClasses, KeptLogitsStayBitByBit)
{
    auto nets = all_nets();
    nets.push_back(convolutional_net());
    for (const Network& network : nets) {
        const auto classes = static_cast<std::size_t>(network.classes());
        const Network small = keep_classes(network, { static_cast<int>(classes) - 1, 0 });
        EXPECT_EQ(small.classes(), 2);
        const auto frames = noise_frames(network, 3, 4);
        const auto all = run_reference(network, frames), few = run_reference(small, frames);
        ASSERT_EQ(few.size(), 6U);
        for (std::size_t f = 0; f < 3; ++f) {
            EXPECT_EQ(few[2 * f], all[classes * f]) << name_of(network);
            EXPECT_EQ(few[2 * f + 1], all[classes * f + classes - 1]) << name_of(network);
        }
    }
}

TEST(CopyClass, MoreLogitsAreThoseOfOneAndTheOthersStayBitByBit)
{
    auto nets = all_nets();
    nets.push_back(convolutional_net());
    for (const Network& network : nets) {
        const auto classes = static_cast<std::size_t>(network.classes());
        const Network grown = copy_class(network, 1, 2);
        EXPECT_EQ(grown.classes(), network.classes() + 2);
        const auto frames = noise_frames(network, 3, 4);
        const auto before = run_reference(network, frames), after = run_reference(grown, frames);
        for (std::size_t f = 0; f < 3; ++f)
            for (std::size_t c = 0; c < classes + 2; ++c)
                EXPECT_EQ(after[(classes + 2) * f + c], before[classes * f + (c < classes ? c : 1)]) << name_of(network);
    }
}

TEST(AddToLogits, RaisesTheLastOnesAlone)
{
    for (const Network& network : all_nets()) {
        const auto classes = static_cast<std::size_t>(network.classes());
        Network raised = network;
        ASSERT_TRUE(add_to_logits(raised, 1, -0.5f)) << name_of(network);
        const auto frames = noise_frames(network, 3, 4);
        const auto before = run_reference(network, frames), after = run_reference(raised, frames);
        for (std::size_t i = 0; i < before.size(); ++i)
            EXPECT_NEAR(after[i], before[i] - (i % classes == 0 ? 0.0f : 0.5f), 1e-5f) << name_of(network);
    }
}

TEST(AddToLogits, DoesNothingWhereItCannot)
{
    Network network = convolutional_net(); // its norm stands before a ReLU
    const auto tensors = network.tensors;
    EXPECT_FALSE(add_to_logits(network, 1, -0.5f));
    EXPECT_TRUE(std::equal(tensors.begin(), tensors.end(), network.tensors.begin(),
                           [](const auto& a, const auto& b) { return a.first == b.first && a.second.data == b.second.data; }));
}

TEST(KeepClasses, ShrinksTheClassifierAlone)
{
    const Network network = depthwise_net(); // 4 classes, 7 channels before the classifier
    const Network small = keep_classes(network, { 1, 2, 3 });
    EXPECT_EQ(cost(network).params - cost(small).params, 7 + 1);
    EXPECT_EQ(cost(network).macs - cost(small).macs, 7);
}

TEST(KeepClasses, IsPartOfAPlan)
{
    const Network network = residual_net();
    PruningPlan plan;
    plan.remove_units = { "stage1.unit2" };
    plan.keep_classes = { 0, 2 };
    const Network by_plan = apply(network, plan);
    const Network by_hand = keep_classes(remove_unit(network, "stage1.unit2"), plan.keep_classes);
    const auto frames = noise_frames(network, 2, 4);
    EXPECT_EQ(run_reference(by_plan, frames), run_reference(by_hand, frames));
    EXPECT_EQ(by_plan.classes(), 2);
    EXPECT_EQ(to_json(plan)["keep_classes"], nlohmann::json(plan.keep_classes));
    EXPECT_EQ(apply(network, {}).classes(), network.classes());
}

TEST(KeepClasses, RefusesWhatItCannotDo)
{
    const Network network = residual_net();
    EXPECT_ERROR(keep_classes(network, { 0, 3 }), "the network has no such class: found 3, expected 0..2");
    EXPECT_ERROR(keep_classes(network, { -1, 1 }), "the network has no such class: found -1");
    EXPECT_ERROR(keep_classes(network, { 1, 1 }), "class named twice: found 1");
    EXPECT_ERROR(keep_classes(network, { 0 }), "too few classes to tell apart");
    EXPECT_ERROR(keep_classes(network, std::vector<int>()), "at least 2");

    Network gated = convolutional_net();
    NetworkBuilder build(gated);
    build.plain(Op::mul, "square", { "flatten", "flatten" });
    EXPECT_ERROR(keep_classes(gated, { 0, 1 }), "node 'square'");
}

} // namespace prunedamr::graph
