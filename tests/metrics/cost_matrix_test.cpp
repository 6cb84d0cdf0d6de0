// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/scores.h"

#include "tests/support/expect_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace prunedamr;
using test::expect_error;

namespace {

const std::vector<std::string> kNames = { "noise", "BPSK", "QPSK" };

} // namespace

TEST(CostMatrix, FillsInWhatIsNotNamed)
{
    const metrics::CostMatrix costs(R"({"BPSK": {"noise": 10, "BPSK": 0.5}})", kNames, "c.json");
    const std::vector<std::vector<double>> expected = { { 0, 1, 1 }, { 10, 0.5, 1 }, { 1, 1, 0 } };
    EXPECT_EQ(costs.rows(), expected);
    EXPECT_FALSE(costs.empty());
    EXPECT_TRUE(metrics::CostMatrix().empty());
}

TEST(CostMatrix, MeanIsThatOfAPlainLoop)
{
    const metrics::CostMatrix costs(R"({"BPSK": {"noise": 10}, "noise": {"QPSK": 0}})", kNames, "");
    metrics::Scores scores(kNames);
    EXPECT_EQ(costs.mean(scores), 0.0);
    for (const auto& [truth, predicted] :
         std::vector<std::pair<int, int>>{ { 1, 0 }, { 1, 1 }, { 0, 2 }, { 2, 1 }, { 2, 2 } })
        scores.add(truth, predicted, 0.0f);
    EXPECT_DOUBLE_EQ(costs.mean(scores), (10 + 0 + 0 + 1 + 0) / 5.0);
    EXPECT_EQ(metrics::CostMatrix().mean(scores), 0.0);
}

TEST(CostMatrix, WithoutEntriesIsTheErrorRate)
{
    const metrics::CostMatrix costs("{}", kNames, "");
    metrics::Scores scores(kNames);
    scores.add(0, 0, 0.0f);
    scores.add(1, 0, 0.0f);
    scores.add(2, 2, 0.0f);
    EXPECT_DOUBLE_EQ(costs.mean(scores), 1.0 - scores.accuracy());
}

TEST(CostMatrix, BadEntriesAreNamed)
{
    const auto refused = [](const nlohmann::json& json, const std::string& message) {
        expect_error([&] { metrics::CostMatrix(json.dump(), kNames, "c.json"); }, message);
    };
    refused({ 1, 2 }, "c.json: cost matrix: not an object: found array");
    refused({ { "8PSK", nlohmann::json::object() } }, "unknown class: found 8PSK, expected noise, BPSK, QPSK");
    refused({ { "BPSK", { { "bpsk", 1 } } } }, "unknown class: found bpsk");
    refused({ { "BPSK", 3 } }, "the row of BPSK is not an object: found number");
    refused({ { "BPSK", { { "QPSK", -1 } } } },
            "bad cost of BPSK taken for QPSK: found -1, expected a number, 0 to");
    refused({ { "BPSK", { { "QPSK", "much" } } } }, "found \"much\"");
    refused({ { "BPSK", { { "QPSK", 1e7 } } } }, "0 to 1000000");
    refused({ { "BPSK", { { "QPSK", nullptr } } } }, "found null");
}

TEST(CostMatrix, FileThatIsNoJsonIsRefusedInOneLine)
{
    const auto path = std::filesystem::temp_directory_path() / ("prunedamr-cost-" + std::to_string(getpid()));
    std::ofstream(path) << "{\"BPSK\": ";
    expect_error([&] { metrics::read_cost_matrix(path.string(), kNames); }, "broken JSON: found line 1, column 9, expected a cost matrix");
    std::ofstream(path) << "{\"BPSK\": {\"noise\": 2}}";
    EXPECT_EQ(metrics::read_cost_matrix(path.string(), kNames).rows()[1][0], 2.0);
    std::filesystem::remove(path);
    expect_error([&] { metrics::read_cost_matrix(path.string(), kNames); }, path.string());
}
