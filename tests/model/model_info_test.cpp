// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model_info.h"

#include "prunedamr/model/model_json.h"

#include "tests/support/expect_error.h"
#include "tests/model/model_bytes.h"
#include "tests/model/models.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace prunedamr::model {
namespace {

/// Loads model info of this text; the file is removed again.
ModelInfo load_text(const std::string& json)
{
    const std::filesystem::path path = temporary_path("_info.json");
    std::ofstream(path) << json;
    try {
        const ModelInfo info = load_model_info(path);
        std::filesystem::remove(path);
        return info;
    } catch (...) {
        std::filesystem::remove(path);
        throw;
    }
}

TEST(ModelInfo, ComesBackFromItsFile)
{
    ModelInfo info = tiny_model().info;
    info.decision.unknown_score = 1.25;
    const std::string path = temporary_path(".json");
    save_model_info(info, path);
    EXPECT_EQ(to_json(load_model_info(path)), to_json(info));
    std::filesystem::remove(path);
}

TEST(ModelInfo, WhatAFileDoesNotSayHasADefault)
{
    const std::string path = ::testing::TempDir() + "short.json";
    std::ofstream(path) << R"({"labels": ["BPSK", "mine"], "front_end": {"kind": "as_is", "frame_length": 128}})";
    const ModelInfo brief = load_model_info(path);
    std::filesystem::remove(path);
    EXPECT_EQ(brief.name, "short");
    EXPECT_EQ(brief.families, (std::vector<std::string>{ "PSK", "mine" }));
    EXPECT_EQ(brief.decision.temperature, 1.0);
}

TEST(ModelInfo, FilesThatAreNotSoundAreRefusedByName)
{
    EXPECT_ERROR(load_model_info("/no/such/absent.json"), "absent.json");
    EXPECT_ERROR(load_text("{"), "not JSON");
    EXPECT_ERROR(load_text("[]"), "_info.json");
    EXPECT_ERROR(load_text(R"({"labels": ["a", "b"]})"), "front_end");
    EXPECT_ERROR(load_text(R"({"labels": ["a"], "front_end": {"kind": "as_is", "frame_length": 128}})"), "too few");
    EXPECT_ERROR(load_text(R"({"labels": ["a", "b"], "front_end": {"kind": "as_is", "frame_length": 2}})"),
                 "16..65536");
    EXPECT_ERROR(
        load_text(R"({"labels": ["a", "b"], "color": 1, "front_end": {"kind": "as_is", "frame_length": 64}})"),
        "color");
}

TEST(ModelInfo, TextThatIsNotUtf8IsNotWritten)
{
    ModelInfo info = tiny_model().info;
    info.labels[1] = "\xff";
    const std::string path = temporary_path(".json");
    EXPECT_ERROR(save_model_info(info, path), "not UTF-8");
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ModelInfo, ProvenanceGrowsEntryByEntry)
{
    ModelInfo info;
    add_provenance(info, "train", "now");
    add_provenance(info, "compress", { { "method", "psr" } });
    add_provenance(info, "train", "again");
    EXPECT_EQ(nlohmann::json::parse(info.provenance),
              nlohmann::json::parse(R"({"train":"again","compress":{"method":"psr"}})"));
}

} // namespace
} // namespace prunedamr::model
