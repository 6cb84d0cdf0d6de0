// SPDX-License-Identifier: GPL-3.0-or-later
// Whole networks with values in 8 bits.
#include "tests/engine/engines.h"
#include "tests/engine/random_network.h"
#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"
#include "tests/model/models.h"
#include "prunedamr/engine/compiled_graph.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/graph/quantize.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace prunedamr;
using namespace prunedamr::test;
using engine::Engine;
using engine::EngineConfig;
using graph::Op;

namespace {

/// Frames whose logits differ by more than rounding, out of `frames`.
int frames_apart(const graph::Network& network, const std::vector<float>& expected, const std::vector<float>& got)
{
    const auto classes = static_cast<std::ptrdiff_t>(network.classes());
    int apart = 0;
    for (auto a = expected.begin(), b = got.begin(); a != expected.end(); a += classes, b += classes)
        apart += graph::relative_error({ a, a + classes }, { b, b + classes }) > 1e-4 ? 1 : 0;
    return apart;
}

EngineConfig in_float32()
{
    EngineConfig config;
    config.precision = engine::Precision::float32;
    return config;
}

bool contains(const std::vector<std::string>& names, const std::string& name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

// Float32 sums before a rounding to 8 bits, in another order than the reference's, may round a value the other way;
// then the rest of that frame differs. It must stay rare.
TEST(Quantized, RandomNetworks)
{
    int all = 0, apart = 0;
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        const auto network = graph::quantized(random_network(seed), seed, seed % 3 == 0 ? 0.5 : 1.0);
        const auto frames = graph::noise_frames(network, 3, seed);
        const auto expected = graph::run_reference(network, frames);
        for (const Way& way : native_ways()) {
            auto engine = make_engine(network, way, 4);
            const int here = frames_apart(network, expected, logits_of(engine, frames, 3));
            EXPECT_LE(here, 1) << "seed " << seed << ", " << to_string(way);
            apart += here;
            all += 3;
        }
    }
    EXPECT_LE(apart, all / 50);
}

TEST(Quantized, ZooIsThatOfTheReference)
{
    int apart = 0;
    for (const auto& architecture : graph::architectures()) {
        const auto plain = zoo_network(architecture.name, 32);
        if (graph::cost(plain).params > 1'000'000)
            continue; // slow references
        const auto network = graph::quantized(plain, 1);
        const auto frames = graph::noise_frames(network, 2, 5);
        const auto expected = graph::run_reference(network, frames);
        for (const Way& way : native_ways()) {
            auto engine = make_engine(network, way);
            apart += frames_apart(network, expected, logits_of(engine, frames, 2));
        }
        auto plain_engine = make_engine(plain, native_ways().back());
        EXPECT_GT(graph::relative_error(expected, logits_of(plain_engine, frames, 2)), 1e-3) << architecture.name;
    }
    EXPECT_LE(apart, 3);
}

// Where float32 is summed by fused multiply-adds in both.
TEST(Quantized, SameBitsOnAllVectorInstructionSets)
{
    for (const char* arch : { "resnet56", "ulcnn", "amr_s", "amr_ds_s" }) {
        const auto network = graph::quantized(zoo_network(arch, 64), 1);
        const auto frames = graph::noise_frames(network, 5, 5);
        std::vector<float> expected;
        for (const Way& way : native_ways()) {
            if (way.isa == "portable")
                continue;
            auto engine = make_engine(network, way);
            const auto got = logits_of(engine, frames, 5);
            if (expected.empty())
                expected = got;
            EXPECT_EQ(got, expected) << arch << ", " << to_string(way);
        }
    }
}

TEST(Quantized, SameBitsForAFrameAtAnyPlaceInAnyBatch)
{
    for (const char* arch : { "amr_s", "resnet56", "amr_ds_s", "ulcnn" }) {
        const auto network = graph::quantized(zoo_network(arch, 32), 1);
        const auto frames = graph::noise_frames(network, 17, 11), others = graph::noise_frames(network, 17, 12);
        for (const Way& way : native_ways()) {
            auto engine = make_engine(network, way);
            auto copy = engine.clone();
            const auto one_by_one = logits_of(engine, frames, 1);
            logits_of(engine, others, 17); // leaves other activations behind
            for (const int batch : { 2, 13 })
                EXPECT_EQ(logits_of(engine, frames, batch), one_by_one) << to_string(way) << ", batch " << batch;
            EXPECT_EQ(logits_of(copy, frames, 7), one_by_one) << to_string(way);
        }
    }
}

TEST(Quantized, Float32IsTheNetworkWithoutRoundings)
{
    auto model = model::model_of(graph::quantized(zoo_network("amr_ds_s", 64), 1));
    model::make_golden(model);
    model.golden.logits[0] += 10.0F; // not what a float32 run is compared with
    const auto frames = graph::noise_frames(model.network, 3, 5);
    Engine engine(model, in_float32());
    EXPECT_NE(engine.description().find(", float32"), std::string::npos);
    Engine plain(graph::fold_batch_norm(zoo_network("amr_ds_s", 64)));
    EXPECT_EQ(logits_of(engine, frames, 3), logits_of(plain, frames, 3));
}

TEST(Quantized, ReplaysTheGoldenVector)
{
    auto model = model::model_of(graph::quantized(zoo_network("amr_s", 64), 1));
    model::make_golden(model);
    for (const Way& way : native_ways())
        EXPECT_NO_THROW(make_engine(model, way)) << to_string(way);
    const auto [low, high] = std::minmax_element(model.golden.logits.begin(), model.golden.logits.end());
    model.golden.logits[3] += 0.2F * (*high - *low);
    for (const Way& way : native_ways())
        EXPECT_ERROR(make_engine(model, way), "does not reproduce its golden vector");
}

TEST(Quantized, OnednnComputesInFloat32Only)
{
    if (ways().back().backend != engine::Backend::onednn)
        GTEST_SKIP() << "this build has no oneDNN";
    const auto network = graph::quantized(zoo_network("amr_s", 64), 1);
    EXPECT_ERROR(
        make_engine(network, ways().back()),
        "network: the oneDNN backend computes in float32 only: found values in 8 bits, expected the "
        "native backend, or precision float32");
    EngineConfig config = in_float32();
    config.backend = engine::Backend::onednn;
    EXPECT_NO_THROW((Engine{ network, config }));
}

TEST(Quantized, NodesThatCanBe)
{
    const auto network = zoo_network("amr_ds_s", 64);
    const auto names = engine::quantizable_nodes(network);
    for (const char* name : { "relu", "stage1.unit1.depthwise", "stage1.unit1.pointwise", "stage1.unit1.gate.mean",
                              "stage1.unit1.gate.relu", "mean1", "concat" })
        EXPECT_TRUE(contains(names, std::string(name) == "relu" ? "stem.relu" : name)) << name;
    for (const char* name : { "input", "stem.conv", "stem.bn", "stage1.unit1.gate.excite",
                              "stage1.unit1.gate.sigmoid", "dropout", "fc" })
        EXPECT_FALSE(contains(names, name)) << name;
    // Every one of them, once quantized, is int8 in the compiled graph.
    for (const char* arch : { "amr_ds_s", "ulcnn", "resnet56" }) {
        auto all = graph::fold_batch_norm(zoo_network(arch, 64));
        const auto nodes = engine::quantizable_nodes(all);
        for (const std::string& name : nodes)
            all.quantized[name] = { 0.1F, 3 };
        long held = 0;
        for (const auto& value : engine::compile_graph(all).values)
            held += value.dtype && !value.node.empty();
        EXPECT_EQ(held, static_cast<long>(nodes.size())) << arch;
    }
}

TEST(Quantized, SumsThatCouldLeave32BitsAreFloat32)
{
    graph::Network network;
    network.length = 256;
    graph::NetworkBuilder build(network);
    auto x = build.plain(Op::input, "input", {});
    x = build.conv("wide", x, { 300, {}, 1, false });
    build.linear("logits", build.plain(Op::flatten, "flat", { x }), 2); // of 76800 inputs
    initialize(network, 1);
    network.quantized["wide"] = { 0.01F, 0 };
    for (auto& [name, tensor] : network.tensors) // all of one sign
        std::fill(tensor.data.begin(), tensor.data.end(), 1.0F);
    std::fill_n(network.tensors.at("logits.weight").data.begin(), 76800, -1.0F);
    const auto frames = std::vector<float>(512, 50.0F);
    const auto expected = graph::run_reference(network, frames);
    for (const Way& way : native_ways()) {
        auto engine = make_engine(network, way, 1);
        EXPECT_LE(graph::relative_error(expected, logits_of(engine, frames, 1)), 1e-2) << to_string(way);
    }
}

TEST(Quantized, NanAndInfinityAreTheEndsOfTheRange)
{
    const auto network = graph::quantized(zoo_network("amr_s", 64), 1);
    auto frames = graph::noise_frames(network, 1, 1);
    frames[10] = std::nanf("");
    frames[100] = HUGE_VALF;
    const auto expected = graph::run_reference(network, frames);
    for (const Way& way : native_ways()) {
        auto engine = make_engine(network, way, 1);
        EXPECT_LE(frames_apart(network, expected, logits_of(engine, frames, 1)), 0) << to_string(way);
    }
}
