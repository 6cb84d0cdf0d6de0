// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/engine/engines.h"
#include "tests/graph/networks.h"
#include "tests/graph/quantized_networks.h"
#include "tests/model/models.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/graph/reference.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace prunedamr;
using namespace prunedamr::test;
using engine::Backend;
using engine::Engine;
using engine::EngineConfig;

namespace {

EngineConfig batch_of(int max_batch)
{
    EngineConfig config;
    config.max_batch = max_batch;
    return config;
}

} // namespace

TEST(Engine, SaysWhatItRuns)
{
    const auto network = zoo_network("amr_s", 64);
    EXPECT_EQ(make_engine(network, { Backend::native, "portable" }).description(), "native portable, float32");
    const auto quantized = graph::quantized(network, 1);
    EngineConfig plain;
    plain.precision = engine::Precision::float32;
    EXPECT_NE(Engine(quantized, plain).description().find(", float32"), std::string::npos);
    for (const Way& way : native_ways()) {
        EXPECT_EQ(make_engine(quantized, way).description(), to_string(way) + ", int8");
        // Dot products of bytes add nothing to float32.
        const std::string isa = way.isa == "avx-vnni" ? "avx2" : way.isa.substr(0, way.isa.find('-'));
        EXPECT_EQ(make_engine(network, way).description(), "native " + isa + ", float32");
    }
    for (const Way& way : ways())
        if (way.backend == Backend::onednn) {
            EXPECT_EQ(make_engine(network, way).description().find("oneDNN "), 0u);
        }
}

TEST(Engine, TakesFramesAtAnyAddressAndOfAnyLength)
{
    for (const int length : { 64, 65, 67, 121 })
        for (const Way& way : ways()) {
            const auto network = zoo_network("amr_s", length);
            Engine engine = make_engine(network, way);
            std::vector<float> frame(static_cast<std::size_t>(2 * length));
            for (std::size_t i = 0; i < frame.size(); ++i)
                frame[i] = std::sin(0.37f * static_cast<float>(i));
            const std::vector<float> expected = logits_of(engine, frame, 1);
            for (const std::size_t shift : { 1u, 3u, 7u }) {
                std::vector<float> frames(shift, 0.0f), logits(expected.size() + shift);
                frames.insert(frames.end(), frame.begin(), frame.end());
                engine.run(frames.data() + shift, 1, logits.data() + shift);
                EXPECT_EQ(std::vector<float>(logits.begin() + static_cast<std::ptrdiff_t>(shift), logits.end()), expected)
                    << to_string(way) << ", length " << length << ", shift " << shift;
            }
        }
}

TEST(Engine, RefusesUnknownInstructionSet)
{
    const IsaLimit limit("sse9");
#if defined(__x86_64__)
    const std::string known = "portable, avx2, avx-vnni, avx512, avx512-vnni";
#elif defined(__aarch64__)
    const std::string known = "portable, neon, neon-dotprod, neon-i8mm";
#else
    const std::string known = "portable";
#endif
    EXPECT_ERROR(Engine(zoo_network("amr_s", 64)),
                 "PRUNEDAMR_ISA: unknown instruction set: found 'sse9', expected one of " + known);
}

TEST(Engine, RefusesBatchLimitOutOfRange)
{
    const auto network = zoo_network("amr_s", 64);
    EXPECT_ERROR(Engine(network, batch_of(0)), "max_batch: frames per run out of range: found 0, expected 1..1024");
    EXPECT_ERROR(Engine(network, batch_of(1025)), "found 1025");
}

TEST(Engine, LargestBatchRuns)
{
    const auto network = zoo_network("amr_s", 16);
    Engine engine(network, batch_of(1024));
    const auto frames = graph::noise_frames(network, 1024, 1);
    EXPECT_EQ(logits_of(engine, frames, 1024), logits_of(engine, frames, 1));
}

TEST(EngineDeathTest, BatchOutOfRangeIsAProgrammersError)
{
    const auto network = zoo_network("amr_s", 64);
    Engine engine(network, batch_of(2));
    const auto frames = graph::noise_frames(network, 3, 1);
    std::vector<float> logits(33);
    EXPECT_DEATH(engine.run(frames.data(), 3, logits.data()), "batch must be 1..max_batch");
    EXPECT_DEATH(engine.run(frames.data(), 0, logits.data()), "batch must be 1..max_batch");
}

TEST(Engine, RefusesInvalidNetworkNamingTheNode)
{
    auto network = zoo_network("amr_s", 64);
    network.tensors.erase("fc.bias");
    EXPECT_ERROR(Engine{ network }, "fc");
}

TEST(Engine, OnednnNamesTheNodeThatItCannotRun)
{
    if (ways().back().backend != Backend::onednn)
        GTEST_SKIP() << "this build has no oneDNN";
    graph::Network network;
    network.length = 16;
    graph::NetworkBuilder build(network);
    auto x = build.plain(graph::Op::input, "input", {});
    x = build.plain(graph::Op::as_image, "image", { x });
    x = build.conv("conv", x, { 4, graph::same_window(3, 3) }); // over both rows: no complex conv
    x = build.plain(graph::Op::complex_sum, "sum", { x });
    x = build.plain(graph::Op::global_avg_pool, "mean", { x });
    build.linear("fc", x, 2);
    initialize(network, 1);
    EXPECT_ERROR(make_engine(network, { Backend::onednn, "" }),
                 "sum: the oneDNN backend cannot run this operation: found complex_sum");
    EXPECT_NO_THROW(Engine{ network });
}

TEST(Engine, ReplaysTheGoldenVector)
{
    auto model = model::model_of(zoo_network("amr_s", 128));
    model::make_golden(model);
    for (const Way& way : ways())
        EXPECT_NO_THROW(make_engine(model, way)) << to_string(way);
    model.golden.logits[3] += 0.01f * (1.0f + std::abs(model.golden.logits[3]));
    for (const Way& way : ways())
        EXPECT_ERROR(make_engine(model, way), "does not reproduce its golden vector");
    EngineConfig unchecked;
    unchecked.self_check = false;
    EXPECT_NO_THROW((Engine{ model, unchecked }));
    EXPECT_NO_THROW(Engine{ model.network });
}

TEST(Engine, TakesDenormalsForZeroAndLeavesTheThreadAsItWas)
{
    graph::Network network;
    network.length = 16;
    graph::NetworkBuilder build(network);
    const auto x = build.plain(graph::Op::input, "input", {});
    build.linear("fc", build.plain(graph::Op::flatten, "flat", { x }), 2);
    initialize(network, 1);
    for (float& weight : network.tensors.at("fc.weight").data)
        weight = 1.0F;
    for (float& bias : network.tensors.at("fc.bias").data)
        bias = 0.0F;
    const std::vector<float> tiny(2 * 16, 1e-40F); // their sum is denormal too
    const volatile float half = 0.5F;
    for (const Way& way : native_ways()) {
        std::vector<float> logits(2, 7.0F);
        make_engine(network, way).run(tiny.data(), 1, logits.data());
        EXPECT_EQ(logits, std::vector<float>(2, 0.0F)) << to_string(way);
        EXPECT_GT(tiny.front() * half, 0.0F) << to_string(way);
    }
}

TEST(Engine, KeepsNanVisible)
{
    const auto network = zoo_network("amr_s", 64);
    auto frames = graph::noise_frames(network, 1, 1);
    frames[10] = std::nanf("");
    for (const Way& way : native_ways()) {
        auto engine = make_engine(network, way, 1);
        EXPECT_TRUE(std::isnan(logits_of(engine, frames, 1)[0])) << to_string(way);
    }
}
