// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/quantize.h"

#include "prunedamr/model/model_file.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::graph {
namespace {

using Values = std::vector<float>;

TEST(Quantize, RoundsHalvesToEvenAndClamps)
{
    const QuantParams params{ 0.5F, 10 };
    EXPECT_EQ(quantize(0.0F, params), 10);
    EXPECT_EQ(quantize(0.25F, params), 10); // half a step
    EXPECT_EQ(quantize(0.75F, params), 12); // one and a half
    EXPECT_EQ(quantize(-0.75F, params), 8);
    EXPECT_EQ(quantize(-5.0F, params), 0);
    EXPECT_EQ(quantize(-5.3F, params), 0);
    EXPECT_EQ(quantize(122.5F, params), 255);
    EXPECT_EQ(quantize(1e30F, params), 255);
    EXPECT_EQ(quantize(std::numeric_limits<float>::infinity(), params), 255);
    EXPECT_EQ(quantize(-std::numeric_limits<float>::infinity(), params), 0);
    EXPECT_EQ(quantize(std::nanf(""), params), 0);
}

TEST(Quantize, EveryStepComesBack)
{
    for (const float scale : { 1e-30F, 0.1F, 0.0371F, 3.0F, 1e30F })
        for (const int zero : { 0, 1, 128, 255 })
            for (int q = 0; q <= 255; ++q)
                ASSERT_EQ(quantize(dequantize(q, { scale, zero }), { scale, zero }), q) << scale << ", " << zero;
}

TEST(QuantizeWeight, HasAScalePerChannel)
{
    const QuantizedWeight weight =
        quantize_weight({ 1.27F, -0.01F, 0.014F, 0.0F, 0.0F, 0.0F, -2.0F, 1.0F, 0.1F }, 3);
    EXPECT_EQ(weight.values,
              (std::vector<std::int8_t>{ 127, -1, 1, 0, 0, 0, -127, 64, 6 })); // 63.5 -> 64, 6.35 -> 6
    ASSERT_EQ(weight.scales.size(), 3u);
    EXPECT_FLOAT_EQ(weight.scales[0], 0.01F);
    EXPECT_EQ(weight.scales[1], 1.0F);
    EXPECT_FLOAT_EQ(weight.scales[2], 2.0F / 127.0F);
    EXPECT_EQ(quantize_weight({ 1e-45F, -1e-45F }, 1).values, (std::vector<std::int8_t>{ 0, 0 }));
}

/// input -> relu (named) -> conv of width 3 with padding -> flatten -> dropout -> linear
Network chain(bool bias)
{
    Network network = tiny_net();
    network.nodes.clear();
    network.units.clear();
    network.tensors.clear();
    NetworkBuilder build(network);
    auto x = build.plain(Op::relu, "relu", { build.plain(Op::input, "in", {}) });
    x = build.conv("conv", x, { 3, same_window(1, 3, 1, 2), 1, bias });
    x = build.dropout("drop", build.plain(Op::flatten, "flat", { x }), 0.5);
    build.linear("fc", x, 2);
    initialize(network, 3);
    randomize(network, 4);
    return network;
}

/// What quantize.h says, written out for `chain`.
Values conv_by_hand(const Network& network, const Values& frame, const QuantParams& params)
{
    const Values& weight = network.tensor("conv.weight").data;
    Values result;
    for (int o = 0; o < 3; ++o) {
        float largest = 0.0F;
        for (int i = 0; i < 6; ++i)
            largest = std::max(largest, std::abs(weight[o * 6 + i]));
        const float step = largest / 127.0F;
        for (int x = 0; x < 8; ++x) {
            int sum = 0;
            for (int c = 0; c < 2; ++c)
                for (int k = 0; k < 3; ++k) {
                    const int at = 2 * x + k - 1;
                    if (at < 0 || at >= 16)
                        continue;
                    const float value = std::max(frame[c * 16 + at], 0.0F);
                    const int q = std::min(255, static_cast<int>(std::nearbyint(value * (1.0F / params.scale))) +
                                                    params.zero_point);
                    sum += (q - params.zero_point) *
                           static_cast<int>(std::nearbyint(weight[(o * 2 + c) * 3 + k] / step));
                }
            const float factor = params.scale * step;
            volatile float scaled = static_cast<float>(sum) * factor; // no fused multiply-add
            result.push_back(scaled + (network.node("conv").bias ? network.tensor("conv.bias").data[o] : 0.0F));
        }
    }
    return result;
}

TEST(QuantizedReference, IsWhatTheHeaderSays)
{
    for (const bool bias : { false, true })
        for (const int zero : { 0, 7, 128 }) {
            Network network = chain(bias);
            network.quantized["relu"] = { 0.01F, zero };
            const auto frame = noise_frames(network, 1, 5);
            const auto nodes = run_reference_nodes(network, frame);
            for (std::size_t i = 0; i < frame.size(); ++i)
                EXPECT_NEAR(nodes.at("relu")[i],
                            std::min(std::max(frame[i], 0.0F), 0.01F * static_cast<float>(255 - zero)), 0.00501F);
            EXPECT_EQ(nodes.at("conv"), conv_by_hand(network, frame, network.quantized["relu"]));
            Network plain = network;
            plain.quantized.clear();
            EXPECT_NE(nodes.at("conv"), run_reference_nodes(plain, frame).at("conv"));
        }
}

TEST(QuantizedReference, FormsReachThroughNodesThatHandOnTheirInput)
{
    Network network = chain(true);
    network.quantized["conv"] = { 0.02F, 100 };
    EXPECT_EQ(quantized_input(network, network.node("fc")), &network.quantized["conv"]);
    EXPECT_EQ(quantized_input(network, network.node("conv")), nullptr);
    const auto frame = noise_frames(network, 1, 5);
    const auto nodes = run_reference_nodes(network, frame);
    const QuantizedWeight weight = quantize_weight(network.tensor("fc.weight").data, 2);
    for (int o = 0; o < 2; ++o) {
        double sum = network.tensor("fc.bias").data[o];
        for (int i = 0; i < 24; ++i)
            sum += static_cast<double>(nodes.at("flat")[i]) * weight.values[o * 24 + i] * weight.scales[o];
        EXPECT_NEAR(nodes.at("fc")[o], sum, 1e-6 * (1 + std::abs(sum)));
    }
}

TEST(QuantizedReference, StaysNearTheNetworkInFloat32)
{
    for (const Network& network : all_nets()) {
        const auto frames = noise_frames(network, 8, 5);
        const auto expected = run_reference(network, frames),
                   got = run_reference(quantized(network, 1, 1.0, 32), frames);
        EXPECT_NE(got, expected) << name_of(network);
        EXPECT_LT(relative_error(expected, got), 0.1) << name_of(network);
    }
}

TEST(QuantizedNetwork, NormsAreFoldedBefore)
{
    Network network = tiny_net();
    network.quantized["u.r"] = {};
    EXPECT_ERROR(validate(network), "node 'u.b': a quantized network holds a batch norm that is not folded: found "
                                    "behind conv 'u.c', expected fold_batch_norm before values are quantized");
    network = chain(true);
    network.quantized["drop"] = {};
    EXPECT_ERROR(validate(network),
                 "node 'drop': a node that hands on its input cannot be quantized: found dropout");
    network.quantized = { { "relu", { std::nanf(""), 0 } } };
    EXPECT_ERROR(validate(network), "node 'relu': bad scale of a quantized value: found nan");
}

TEST(QuantizedNetwork, ChangedStructureIsFloat32Again)
{
    const Network network = quantized(residual_net(), 1);
    EXPECT_FALSE(network.quantized.empty());
    EXPECT_TRUE(remove_unit(network, "stage1.unit2").quantized.empty());
    EXPECT_TRUE(keep_channels(network, "stage1.unit1.conv1", { 0, 2 }).quantized.empty());
    EXPECT_TRUE(keep_classes(network, { 0, 2 }).quantized.empty());
    EXPECT_TRUE(apply(network, {}).quantized.empty());
    EXPECT_EQ(fold_batch_norm(network).quantized.size(), network.quantized.size());
}

} // namespace
} // namespace prunedamr::graph
