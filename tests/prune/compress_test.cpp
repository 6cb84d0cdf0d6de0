// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/compress.h"

#include "prunedamr/graph/cost.h"
#include "prunedamr/prune/chain.h"
#include "prunedamr/prune/method_options.h"
#include "prunedamr/train/evaluate.h"
#include "tests/dataset/dataset_testing.h"
#include "tests/prune/prune_testing.h"
#include "tests/support/wait_for_file.h"

#include <cmath>
#include <csignal>
#include <thread>

namespace prunedamr::prune {
namespace {

CompressConfig config_of(const std::string& method, const std::string& budget, int epochs)
{
    CompressConfig config;
    config.method = method;
    config.budget = budget;
    config.chain.fine_tune.epochs = epochs;
    config.chain.fine_tune.batch = 32;
    config.chain.fine_tune.learning_rate = 3e-3;
    config.chain.fine_tune.threads = 1;
    const auto options = std::make_shared<MethodOptions>();
    options->consensus.min_units = 1;
    options->consensus.epochs_per_step = 1;
    options->consensus.samples = 128;
    config.chain.options = options;
    return config;
}

nlohmann::json report_of(const CompressResult& result)
{
    return nlohmann::json::parse(result.report);
}

nlohmann::json provenance_of(const CompressResult& result)
{
    return nlohmann::json::parse(result.model.info.provenance);
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
    ASSERT_GT(train::evaluate(base, dataset, dataset::Split::test).accuracy(), 0.95);
    for (const Method& method : methods()) {
        std::string said;
        const bool channels = removes_channels(method.name);
        const auto result = compress(model::model_of(base), dataset, config_of(method.name, channels ? "macs=50%" : "units=5", 2),
                                     [&](const std::string& text) { said += text + "\n"; });
        EXPECT_GT(train::evaluate(result.model, dataset, dataset::Split::test).accuracy(), 0.95) << method.name;
        EXPECT_EQ(result.model.network.units.size(), channels ? base.units.size() : 5U);
        EXPECT_FALSE(result.interrupted);
        EXPECT_EQ(report_of(result)["fine_tune"]["epochs"].size(), 2U);
        EXPECT_NE(said.find("cost: params"), std::string::npos) << said;
    }
}

TEST(Compress, ReportsPlanCostAndProvenance)
{
    const auto model = model::model_of(toy_network({ 2, 2, 2 }));
    const auto dataset = toy_dataset(400);
    const auto first = compress(model, dataset, config_of("psr", "units=6", 0), silent);
    EXPECT_TRUE(report_of(first)["fine_tune"].is_null());
    EXPECT_EQ(report_of(first)["units"]["before"], 7);
    EXPECT_EQ(report_of(first)["units"]["after"], first.model.network.units.size());
    EXPECT_EQ(report_of(first)["steps"]["similarity"].size(), 7U);
    const auto before = static_cast<double>(graph::cost(model.network).macs);
    const auto after = static_cast<double>(graph::cost(first.model.network).macs);
    EXPECT_DOUBLE_EQ(report_of(first)["cost"]["cut"]["macs"].get<double>(), 1.0 - after / before);
    EXPECT_EQ(provenance_of(first)["compress"]["budget"], "units=6");

    const auto second = compress(first.model, dataset, config_of("l1", "units=4", 0), silent);
    EXPECT_EQ(provenance_of(second)["compress"]["method"], "l1");
    EXPECT_EQ(provenance_of(second)["compress"]["previous"]["method"], "psr");
}

TEST(Compress, RefusesBadInput)
{
    const auto model = model::model_of(toy_network({ 2, 2, 2 }));
    const auto dataset = toy_dataset(400);
    EXPECT_ERROR(compress(model, dataset, config_of("magic", "units=4", 0), silent),
                 "unknown method: found magic, expected psr, consensus, catro, random");
    EXPECT_ERROR(compress(model, dataset, config_of("psr", "watts=4", 0), silent), "unknown budget");
    for (const Method& method : methods())
        EXPECT_ERROR(compress(model, dataset, config_of(method.name, "units=3", 0), silent),
                     removes_channels(method.name) ? "at least 7 units" : "at least 4 units");
    auto other = dataset;
    other.class_names[0] = "another";
    EXPECT_ERROR(compress(model, other, config_of("l1", "units=4", 0), silent), "another");
}

TEST(Compress, InterruptedFineTuningLeavesACheckpoint)
{
    const test::TemporaryFolder folder;
    auto config = config_of("l1", "units=4", 100'000);
    config.chain.fine_tune.checkpoint = folder / "state";
    std::thread interrupter([&] {
        // The checkpoint is written at the start, when the signal is already watched for.
        test::wait_for_file(config.chain.fine_tune.checkpoint);
        std::raise(SIGINT);
    });
    const auto result = compress(model::model_of(toy_network({ 1, 2, 1 })), toy_dataset(200), config, silent);
    interrupter.join();
    EXPECT_TRUE(result.interrupted);
    EXPECT_TRUE(std::filesystem::exists(config.chain.fine_tune.checkpoint));
}

TEST(Chain, IsMethodsWithBudgetsOfTheirOwn)
{
    const ChainStages one = parse_chain("psr");
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].method, "psr");
    const ChainStages three = parse_chain("psr:macs=40%,params=50k,l1,random");
    ASSERT_EQ(three.size(), 3U);
    EXPECT_EQ(three[0].budget, "macs=40%,params=50k");
    EXPECT_EQ(three[1].method, "l1");
    EXPECT_EQ(three[1].budget, "");
    EXPECT_ERROR(parse_chain(""), "unknown method");
    EXPECT_ERROR(parse_chain("psr,"), "unknown method");
    EXPECT_ERROR(parse_chain("psr,magic"), "unknown method: found magic");
    EXPECT_ERROR(parse_chain("psr:macs=40%"), "no budget of its own: found macs=40%");
}

TEST(Chain, PartOfTheWayIsInEqualRatios)
{
    const auto network = toy_network({ 3, 3, 3 });
    const auto macs = static_cast<double>(graph::cost(network).macs);
    const Budget quarter = parse_budget("macs=25%", network);
    EXPECT_NEAR(part_of_way(network, quarter, 0.5).limits[0].limit, 0.5 * macs, 1e-6 * macs);
    EXPECT_NEAR(part_of_way(network, quarter, 1.0).limits[0].limit, 0.25 * macs, 1e-6 * macs);
    const Budget loose = parse_budget("macs=200%", network);
    EXPECT_NEAR(part_of_way(network, loose, 0.5).limits[0].limit, 2.0 * macs, 1e-6 * macs);
}

TEST(Chain, StagesFollowEachOther)
{
    const auto network = toy_network({ 3, 3, 3 });
    const auto dataset = toy_dataset(400);
    ChainConfig config;
    config.fine_tune.epochs = 3;
    config.fine_tune.batch = 32;
    config.fine_tune.threads = 1;
    const auto result = run_chain(network, dataset, parse_chain("psr:units=8,l1,random"),
                                  parse_budget("units=5", network), config, silent);
    ASSERT_EQ(result.stages.size(), 3U);
    EXPECT_EQ(result.stages[0]["units"]["after"], 8);
    EXPECT_EQ(result.stages[1]["units"]["before"], 8);
    // two thirds of the way from 10 units to 5: 10 * 0.5^(2/3) = 6.3
    EXPECT_EQ(result.stages[1]["units"]["after"], 6);
    EXPECT_EQ(result.network.units.size(), 5U);
    EXPECT_EQ(result.stages[0]["fine_tune"]["epochs"].size(), 1U);
    EXPECT_EQ(result.stages[2]["fine_tune"]["epochs"].size(), 3U);
}

} // namespace prunedamr::prune
