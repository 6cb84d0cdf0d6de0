// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/model.h"

#include "prunedamr/base/error.h"
#include "prunedamr/engine/host_speed.h"
#include "prunedamr/model/model_file.h"
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

} // namespace

TEST(Model, OpensWithTheBackendAskedFor)
{
    const std::string path = scratch("small.safetensors");
    model::save_model(small_network(), path);
    expect_in(open_model(path).engine.description(), "native");
    EXPECT_EQ(open_model(path, { "native", 5 }).engine.max_batch(), 5);
    EXPECT_EQ(open_model(path).info.name, "amr_s");
    expect_in(error_of([&] { open_model(path, { "cuda" }); }), "native, onednn or torch");
    expect_in(error_of([&] { open_model(path, { "torch" }); }), "small.json");
    expect_in(error_of([&] { open_model(path, { "native", 5, -1.0 }); }), "max_latency_us");
}

TEST(Model, ALatencyBoundChoosesTheFramesPerCall)
{
    const std::string path = scratch("bound.safetensors");
    model::save_model(small_network(), path);
    EXPECT_GT(open_model(path, { "native", 1, 1e6 }).engine.max_batch(), 1);
    expect_in(error_of([&] { open_model(path, { "native", 1, 1e-3 }); }), "single frame");
    engine::EngineConfig config;
    config.max_batch = 3;
    engine::Engine engine(small_network(), config);
    const int batch = engine::best_batch(engine, 1e6);
    EXPECT_TRUE(batch >= 1 && batch <= 3);
}
