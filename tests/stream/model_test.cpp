// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/model.h"

#include "prunedamr/base/error.h"
#include "prunedamr/engine/best_batch.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/receiver_facts.h"
#include "tests/stream/small_network.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <unistd.h>

using namespace prunedamr;
using stream::open_model;
using test::small_network;

namespace {

/// Of this process alone: tests run side by side.
std::string scratch(const std::string& name)
{
    const auto folder = std::filesystem::path(testing::TempDir()) / ("prunedamr-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    return (folder / name).string();
}

std::string error_of(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

void expect_in(const std::string& text, const std::string& part)
{
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

std::string facts_error(const std::string& json)
{
    std::ofstream(scratch("facts.json")) << json;
    return error_of([] { graph::load_facts(scratch("facts.json")); });
}

} // namespace

TEST(Model, FactsComeBackFromTheirFile)
{
    const graph::Network network = small_network();
    std::ofstream(scratch("mine.json")) << graph::facts_to_json(network);
    const graph::Network facts = graph::load_facts(scratch("mine.json"));
    EXPECT_EQ(graph::facts_to_json(facts), graph::facts_to_json(network));
    EXPECT_TRUE(facts.nodes.empty());

    std::ofstream(scratch("short.json"))
        << R"({"labels": ["BPSK", "mine"], "front_end": {"kind": "as_is", "frame_length": 128}})";
    const graph::Network brief = graph::load_facts(scratch("short.json"));
    EXPECT_EQ(brief.name, "short");
    EXPECT_EQ(brief.families, (std::vector<std::string>{ "PSK", "mine" }));
    EXPECT_EQ(brief.decision.temperature, 1.0);
}

TEST(Model, FactsThatAreNotSoundAreRefusedByName)
{
    expect_in(error_of([] { graph::load_facts(scratch("absent.json")); }), "absent.json");
    expect_in(facts_error("{"), "not JSON");
    expect_in(facts_error("[]"), "facts.json");
    expect_in(facts_error(R"({"labels": ["a", "b"]})"), "front_end");
    expect_in(facts_error(R"({"labels": ["a"], "front_end": {"kind": "as_is", "frame_length": 128}})"), "too few");
    expect_in(facts_error(R"({"labels": ["a", "b"], "front_end": {"kind": "as_is", "frame_length": 2}})"),
              "16..65536");
    expect_in(
        facts_error(R"({"labels": ["a", "b"], "colour": 1, "front_end": {"kind": "as_is", "frame_length": 64}})"),
        "colour");
}

TEST(Model, OpensWithTheBackendAskedFor)
{
    const std::string path = scratch("small.safetensors");
    graph::save_model(small_network(), path);
    expect_in(open_model(path).engine.description(), "native");
    EXPECT_EQ(open_model(path, { "native", 5 }).engine.max_batch(), 5);
    EXPECT_EQ(open_model(path).facts.name, "amr_s");
    expect_in(error_of([&] { open_model(path, { "cuda" }); }), "native, onednn or torch");
    expect_in(error_of([&] { open_model(path, { "torch" }); }), "small.json");
    expect_in(error_of([&] { open_model(path, { "native", 5, -1.0 }); }), "max_latency_us");
}

TEST(Model, ALatencyBoundChoosesTheFramesPerCall)
{
    const std::string path = scratch("bound.safetensors");
    graph::save_model(small_network(), path);
    EXPECT_GT(open_model(path, { "native", 1, 1e6 }).engine.max_batch(), 1);
    expect_in(error_of([&] { open_model(path, { "native", 1, 1e-3 }); }), "single frame");
    engine::EngineConfig config;
    config.max_batch = 3;
    engine::Engine engine(small_network(), config);
    const int batch = engine::best_batch(engine, 1e6);
    EXPECT_TRUE(batch >= 1 && batch <= 3);
}
