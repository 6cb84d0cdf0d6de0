// SPDX-License-Identifier: GPL-3.0-or-later
// The files under tests/report/runs were written by the commands themselves on a small set of the recipe rml2016a.
#include "prunedamr/base/file.h"
#include "prunedamr/report/run.h"
#include "prunedamr/report/run_page.h"
#include "tests/report/well_formed.h"
#include "tests/support/expect_error.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

namespace prunedamr::report {
namespace {

const std::string kRuns = std::string(PRUNEDAMR_SOURCE_DIR) + "/tests/report/runs/";

nlohmann::json sample(const std::string& name)
{
    return nlohmann::json::parse(read_file(kRuns + name + ".json"));
}

std::string written(const std::string& name, const nlohmann::json& json)
{
    const std::string path = ::testing::TempDir() + "prunedamr-report-" + name + ".json";
    write_text_atomically(path, json.dump());
    return path;
}

TEST(Run, ATrainingIsReadAsItWasWritten)
{
    const auto runs = read_runs({ kRuns + "base.json" });
    ASSERT_EQ(runs.size(), 1u);
    const auto json = sample("base");
    EXPECT_EQ(runs[0].name, "base");
    EXPECT_EQ(runs[0].method, "train");
    EXPECT_EQ(runs[0].cost->params, json["cost"]["params"].get<std::int64_t>());
    EXPECT_FALSE(runs[0].base_cost);
    ASSERT_EQ(runs[0].epochs.size(), json["train"]["epochs"].size());
    EXPECT_EQ(runs[0].epochs[3].validation_accuracy, json["train"]["epochs"][3]["validation_accuracy"]);
    EXPECT_EQ(runs[0].test->mean, json["test"]["accuracy"]);
    double sum = 0.0;
    for (const char* label : { "0", "2", "4", "6", "8", "10", "12", "14", "16", "18" })
        sum += json["test"]["by_snr"][label].get<double>();
    EXPECT_NEAR(*runs[0].test->at_high_snr(), sum / 10, 1e-12);
}

TEST(Run, ACompressionHasWhatItsMethodLookedAt)
{
    const auto json = sample("psr");
    const report::Run run = run_from_json(json, "psr.json");
    EXPECT_EQ(run.method, "psr");
    EXPECT_EQ(run.budget, "units=5");
    EXPECT_EQ(run.base_cost->macs, json["cost"]["before"]["macs"].get<std::int64_t>());
    EXPECT_EQ(run.base_test->mean, json["original_test"]["accuracy"]);
    EXPECT_EQ(run.base_units.size(), json["units"]["before"].get<std::size_t>());
    EXPECT_EQ(run.base_units.size() - run.removed_units.size(), json["units"]["after"].get<std::size_t>());
    ASSERT_EQ(run.similarities.size(), 1u);
    const Similarity& similarity = run.similarities[0];
    EXPECT_EQ(std::accumulate(similarity.block_sizes.begin(), similarity.block_sizes.end(), 0), 12);
    EXPECT_EQ(similarity.values[4][7], json["steps"]["similarity"][4][7]);
    EXPECT_EQ(similarity.chosen.count("stem"), 1u);
}

TEST(Run, EveryCollectedRunOfTheDocumentationIsReadAndDrawn)
{
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(PRUNEDAMR_SOURCE_DIR) + "/docs/results/runs"))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    ASSERT_FALSE(files.empty());
    const auto runs = read_runs(files);
    ASSERT_EQ(runs.size(), files.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto json = nlohmann::json::parse(read_file(files[i]));
        SCOPED_TRACE(files[i]);
        EXPECT_EQ(runs[i].name, json["name"]);
        EXPECT_EQ(runs[i].method, json["method"]);
        EXPECT_EQ(runs[i].cost->params, json["cost"]["params"].get<std::int64_t>());
        EXPECT_EQ(runs[i].base_cost.has_value(), json.contains("base_cost"));
        EXPECT_EQ(runs[i].base.empty(), json["base"] == json["name"]);
        EXPECT_EQ(runs[i].test->mean, json["test"]["accuracy"]);
        EXPECT_EQ(runs[i].latency_us, json["latency_us"].get<double>());
        EXPECT_EQ(runs[i].validation_accuracy, json["validation"].get<double>());
        EXPECT_EQ(runs[i].attacks.size(), json["attacks"].size());
    }
    EXPECT_TRUE(well_formed(run_page("Runs", runs)));
}

TEST(Run, WhatOnlyFinishesANetworkIsARun)
{
    auto calibrated = sample("base");
    calibrated.erase("train");
    auto quantized = calibrated;
    quantized["quantized"] = nlohmann::json::array();
    quantized["original_test"] = { { "accuracy", 0.75 } };
    quantized["fine_tune"] = nullptr;
    EXPECT_EQ(run_from_json(calibrated, "c.json").method, "calibrate");
    const report::Run run = run_from_json(quantized, "q.json");
    EXPECT_EQ(run.method, "quantize");
    EXPECT_EQ(run.base_test->mean, 0.75);
    EXPECT_FALSE(run.base_cost);
}

TEST(Run, MeasurementsGoToTheRunThatMadeTheModel)
{
    auto rows = sample("bench");
    const auto runs = read_runs({ kRuns + "bench.json", kRuns + "eval.json", kRuns + "psr.json" });
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_EQ(runs[0].latency_us, rows[0]["median_us"].get<double>());
    for (auto& row : rows)
        row["model"] = "other";
    const auto apart = read_runs({ kRuns + "psr.json", written("bench", rows), kRuns + "eval.json" });
    ASSERT_EQ(apart.size(), 2u);
    EXPECT_FALSE(apart[0].latency_us);
    EXPECT_EQ(apart[1].name, "other");
    EXPECT_FALSE(apart[1].cost);
}

TEST(Run, RunsOfOneNameAreToldApartByTheirFiles)
{
    const std::string copy = written("copy", sample("l1"));
    const auto runs = read_runs({ kRuns + "l1.json", copy });
    ASSERT_EQ(runs.size(), 2u);
    EXPECT_EQ(runs[1].name, "l1 (" + copy + ")");
}

TEST(Run, AChainAddsUpWhatItsStagesRemoved)
{
    auto json = sample("l1");
    const auto removed = json["plan"]["remove_units"].size();
    nlohmann::json channels = { { "method", "catro" },
                                { "plan",
                                  { { "remove_units", nlohmann::json::array() },
                                    { "reinitialize_units", nlohmann::json::array() },
                                    { "keep_channels", { { "a.conv", { 0, 2, 5 } }, { "b.conv", { 1 } } } } } } };
    json["chain"] = { { { "method", "psr" }, { "plan", json["plan"] }, { "steps", sample("psr")["steps"] } },
                      channels };
    json["method"] = "auto";
    json["minutes"] = 3.5;
    json["latency_us"] = { { "before", 60.0 }, { "after", 20.0 } };
    json["robustness"] = {
        { "before", { { { "kind", "fgsm" }, { "level_db", -20 }, { "accuracy", 0.25 } } } },
        { "after",
          { { { "kind", "fgsm" }, { "level_db", -20 }, { "accuracy", 0.5 } },
            { { "kind", "pgd" }, { "norm", "linf" }, { "steps", 10 }, { "level_db", -20 }, { "accuracy", 0.1 } } } }
    };
    json["original"] = {
        { "units", { "u1", "u2" } },
        { "layers", { { { "node", "b.conv" }, { "channels", 4 } }, { { "node", "x" }, { "channels", 9 } } } }
    };
    json["front"] = {
        { { "chain", "psr" }, { "macs", 100 }, { "validation_accuracy", 0.5 }, { "on_front", true } }
    };
    const report::Run run = run_from_json(json, "r.json");
    EXPECT_EQ(run.method, "auto: psr,catro");
    EXPECT_EQ(run.removed_units.size(), removed);
    EXPECT_EQ(run.similarities.size(), 1u);
    EXPECT_EQ(run.base_units, (std::vector<std::string>{ "u1", "u2" }));
    ASSERT_EQ(run.layers.size(), 2u); // in the order of depth where that is known
    EXPECT_EQ(run.layers[0].node, "b.conv");
    EXPECT_EQ(run.layers[0].kept, 1u);
    EXPECT_EQ(run.layers[0].all, 4u);
    EXPECT_EQ(run.layers[1].all, 0u);
    EXPECT_EQ(run.minutes, 3.5);
    EXPECT_EQ(run.base_latency_us, 60.0);
    ASSERT_EQ(run.attacks.size(), 2u);
    EXPECT_EQ(run.attacks[0].accuracy, 0.5);
    EXPECT_EQ(run.attacks[1].kind, "pgd-linf, 10 steps");
    EXPECT_EQ(run.attacks[0].level, -20.0);
    EXPECT_EQ(run.base_attacks[0].accuracy, 0.25);
    EXPECT_EQ(run.front[0].cost.at("macs"), 100.0);
}

TEST(Run, AWrongFileIsNamedWithItsKey)
{
    const auto refused = [](const nlohmann::json& json, const std::string& part) {
        const std::string path = written("wrong", json);
        EXPECT_ERROR(read_runs({ path }), path + ": " + part);
    };
    refused({ { "a", 1 } }, "not a run: found a, expected what train, compress, eval or bench wrote");
    refused(nlohmann::json::array(), "not a run: found array");
    refused(7, "not a run: found number");
    auto json = sample("psr");
    json["cost"]["after"]["macs"] = "few";
    refused(json, "cost.after: bad value of 'macs': found \"few\"");
    json = sample("psr");
    json["steps"]["similarity"][3].erase(2);
    refused(json, "steps.similarity: not a square matrix");
    json = sample("psr");
    json["steps"]["block_sizes"] = { 12, 2147483647, -2147483647 };
    refused(json, "steps: bad value of 'block_sizes'");
    json = sample("psr");
    json["test"]["by_snr"]["loud"] = 1;
    refused(json, "test.by_snr: not an SNR in dB: found 'loud'");
    json = sample("psr");
    json["test"]["confusion"].erase(0);
    refused(json, "test.confusion: not a square matrix");
    json = sample("base");
    json["train"]["epochs"][1].erase("train_loss");
    refused(json, "train.epochs: missing key 'train_loss'");
    json = sample("bench");
    json.erase(0);
    refused(json, "no row of the engine with batch 1");
    EXPECT_ERROR(read_runs({ kRuns + "../run_test.cpp" }), "run_test.cpp: broken JSON");
}

/// Any value of another kind in any place is an error or harmless, never a crash.
TEST(Run, ValuesOfOtherKindsAreSurvived)
{
    int refused = 0, accepted = 0;
    for (const char* name : { "psr", "l1", "base" }) {
        const auto flat = sample(name).flatten();
        for (const auto& item : flat.items())
            for (const nlohmann::json& other :
                 { nlohmann::json("x"), nlohmann::json(-1e300), nlohmann::json(1e308), nlohmann::json(),
                   nlohmann::json::object(), nlohmann::json::array({ nullptr }) }) {
                auto changed = sample(name);
                changed[nlohmann::json::json_pointer(item.key())] = other;
                if (item.key().find("/similarity/") != std::string::npos && item.key().size() % 3)
                    continue; // many alike
                try {
                    const report::Run run = run_from_json(changed, "r.json");
                    const bool drawn = ++accepted % 29 != 0 || well_formed(run_page("t", { run, run }));
                    EXPECT_TRUE(drawn) << item.key() << ' ' << other;
                } catch (const Error&) {
                    ++refused;
                }
            }
    }
    EXPECT_GT(refused, 100);
    EXPECT_GT(accepted, 100);
}

} // namespace
} // namespace prunedamr::report
