// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/compress.h"

#include "tests/prune/prune_testing.h"

#include "tests/data/data_testing.h"

#include "prunedamr/graph/cost.h"
#include "prunedamr/train/evaluate.h"

#include <chrono>
#include <csignal>
#include <thread>

namespace prunedamr::prune {
namespace {

const auto silent = [](const std::string&) {};

CompressConfig config_of(const std::string& method, const std::string& budget, int epochs)
{
    CompressConfig config;
    config.method = method;
    config.budget = budget;
    config.chain.fine_tune.epochs = epochs;
    config.chain.fine_tune.batch = 32;
    config.chain.fine_tune.learning_rate = 3e-3;
    config.chain.fine_tune.threads = 1;
    config.chain.options.consensus.least_units = 1;
    config.chain.options.consensus.epochs_per_step = 1;
    config.chain.options.consensus.samples = 128;
    return config;
}

bool removes_channels(const std::string& method)
{
    return method == "catro" || method == "fpgm" || method == "odf2nna" || method == "rl";
}

} // namespace

TEST(Compress, KeepsAccuracyOnSeparableData)
{
    const auto dataset = toy_dataset(1000);
    auto base_config = config_of("psr", "units=5", 2).chain.fine_tune;
    const auto base =
        train::fit(graph::make_network(graph::zoo_config("amr_s", kToyLength, kToyClasses, { 2, 2, 1, 1 })),
                   dataset, base_config)
            .network;
    ASSERT_GT(train::evaluate(base, dataset, data::Part::test).accuracy(), 0.95);
    for (const Method& method : methods()) {
        std::string said;
        const bool channels = removes_channels(method.name);
        const auto result = compress(base, dataset, config_of(method.name, channels ? "macs=50%" : "units=5", 2),
                                     [&](const std::string& text) { said += text + "\n"; });
        EXPECT_GT(train::evaluate(result.network, dataset, data::Part::test).accuracy(), 0.95) << method.name;
        EXPECT_EQ(result.network.units.size(), channels ? base.units.size() : 5U);
        EXPECT_FALSE(result.interrupted);
        EXPECT_EQ(result.report["fine_tune"]["epochs"].size(), 2U);
        EXPECT_NE(said.find("cost: params"), std::string::npos) << said;
    }
}

TEST(Compress, ReportsPlanCostAndProvenance)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto dataset = toy_dataset(400);
    const auto first = compress(network, dataset, config_of("psr", "units=6", 0), silent);
    EXPECT_TRUE(first.report["fine_tune"].is_null());
    EXPECT_EQ(first.report["units"]["before"], 7);
    EXPECT_EQ(first.report["units"]["after"], first.network.units.size());
    EXPECT_EQ(first.report["steps"]["similarity"].size(), 7U);
    const auto before = static_cast<double>(graph::cost(network).macs);
    const auto after = static_cast<double>(graph::cost(first.network).macs);
    EXPECT_DOUBLE_EQ(first.report["cost"]["cut"]["macs"].get<double>(), 1.0 - after / before);
    EXPECT_EQ(first.network.provenance["compress"]["budget"], "units=6");

    const auto second = compress(first.network, dataset, config_of("l1", "units=4", 0), silent);
    EXPECT_EQ(second.network.provenance["compress"]["method"], "l1");
    EXPECT_EQ(second.network.provenance["compress"]["previous"]["method"], "psr");
}

TEST(Compress, RefusesBadInput)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto dataset = toy_dataset(400);
    EXPECT_ERROR(compress(network, dataset, config_of("magic", "units=4", 0), silent),
                 "unknown method: found magic, expected psr, consensus, catro, random");
    EXPECT_ERROR(compress(network, dataset, config_of("psr", "watts=4", 0), silent), "unknown budget");
    for (const Method& method : methods())
        EXPECT_ERROR(compress(network, dataset, config_of(method.name, "units=3", 0), silent),
                     removes_channels(method.name) ? "at least 7 units" : "at least 4 units");
    auto other = dataset;
    other.class_names[0] = "another";
    EXPECT_ERROR(compress(network, other, config_of("l1", "units=4", 0), silent), "another");
}

TEST(Compress, InterruptedFineTuningLeavesACheckpoint)
{
    const data::TemporaryFolder folder;
    auto config = config_of("l1", "units=4", 100'000);
    config.chain.fine_tune.checkpoint = folder / "state";
    std::thread interrupter([&] {
        // The checkpoint is written at the start, when the signal is already watched for.
        for (int i = 0; i < 600 && !std::filesystem::exists(config.chain.fine_tune.checkpoint); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        std::raise(SIGINT);
    });
    const auto result = compress(toy_network({ 1, 2, 1 }), toy_dataset(200), config, silent);
    interrupter.join();
    EXPECT_TRUE(result.interrupted);
    EXPECT_TRUE(std::filesystem::exists(config.chain.fine_tune.checkpoint));
}

} // namespace prunedamr::prune
