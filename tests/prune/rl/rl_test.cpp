// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_json.h"
#include "prunedamr/prune/rl/rl.h"

#include "tests/prune/rl/rl_testing.h"

#include "tests/dataset/dataset_testing.h"

#include "prunedamr/base/file.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/prune/rl/environment.h"
#include "prunedamr/train/evaluate.h"

#include <algorithm>
#include <filesystem>

namespace prunedamr::prune {
namespace {

/// A search of a second, without distillation.
RlOptions quick_search()
{
    RlOptions options;
    options.search.rounds = 2;
    options.search.branches = 3;
    options.step = 0.1;
    options.calibration_frames = 40;
    options.reward_frames = 40;
    options.distill_every = 0;
    return options;
}

train::FitConfig training()
{
    train::FitConfig config;
    config.batch = 32;
    config.learning_rate = 3e-3;
    config.threads = 1;
    return config;
}

PruneResult run_rl(const graph::Network& network, const dataset::Dataset& dataset, const std::string& budget,
                   const RlOptions& options, const train::FitConfig& fine_tune = training(), std::uint64_t seed = 1)
{
    return rl_pruner(
        { network, dataset, parse_budget(budget, network), fine_tune, seed, [](const std::string&) {} }, options);
}

/// Whether giving back some filter that the last step took exceeds the budget.
bool is_tight(const graph::Network& network, const Budget& budget, const PruneResult& outcome)
{
    const auto layers = graph::channel_layers(network);
    const graph::PrunedCost thinned(network, layers);
    auto kept = outcome.steps.at("kept").get<std::vector<int>>();
    const auto& last = outcome.steps.at("steps").back().at("removed");
    for (std::size_t l = 0; l < layers.size(); ++l) {
        if (last.at(l).empty())
            continue;
        ++kept[l];
        if (!budget.allows(thinned.of(kept), network.units.size()))
            return true;
        --kept[l];
    }
    return false;
}

} // namespace

TEST(Rl, KeepsEveryKindOfBudgetTightly)
{
    const std::vector<graph::Network> networks = { toy_network({ 2, 2, 2 }), toy_network({ 2, 1, 1, 1 }, "amr_s"),
                                                   graph::depthwise_net(), graph::shuffle_net() };
    for (const auto& network : networks) {
        const auto dataset = noise_dataset(network, 80);
        for (const char* text : { "macs=60%", "params=50%", "bytes=70%", "params=80%,macs=55%" }) {
            const auto outcome = run_rl(network, dataset, text, quick_search());
            const auto budget = parse_budget(text, network);
            const auto pruned = graph::apply(network, outcome.plan);
            EXPECT_TRUE(budget.met_by(pruned)) << graph::name_of(network) << " " << text;
            EXPECT_TRUE(is_tight(network, budget, outcome)) << graph::name_of(network) << " " << text;
            EXPECT_TRUE(outcome.plan.remove_units.empty());
            EXPECT_FALSE(outcome.network);
            EXPECT_EQ(outcome.steps.at("steps").back().at("macs"), graph::cost(pruned).macs);
        }
    }
}

TEST(Rl, KeepsAMeasuredBudget)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto dataset = noise_dataset(network, 80);
    auto options = quick_search();
    options.step = 0.2;
    const auto outcome = run_rl(network, dataset, "latency=60%", options);
    EXPECT_LT(graph::cost(graph::apply(network, outcome.plan)).macs, graph::cost(network).macs);
    options.latency_weight = 0.5;
    options.step = 0.5;
    const auto rewarded = run_rl(network, dataset, "macs=60%", options);
    EXPECT_NE(rewarded.steps["steps"][0]["reward"], rewarded.steps["steps"][0]["accuracy"]);
}

TEST(Rl, ABudgetThatIsMetAlreadyTakesNothing)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto outcome = run_rl(network, noise_dataset(network, 80), "macs=100%", quick_search());
    EXPECT_TRUE(outcome.plan.keep_channels.empty());
    EXPECT_TRUE(outcome.steps["steps"].empty());
}

TEST(Rl, SameSeedSamePlanOnAnyNumberOfThreads)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto dataset = noise_dataset(network, 80);
    auto fine_tune = training();
    const auto once = run_rl(network, dataset, "macs=60%", quick_search(), fine_tune);
    EXPECT_EQ(run_rl(network, dataset, "macs=60%", quick_search(), fine_tune).steps, once.steps);
    fine_tune.threads = 3;
    EXPECT_EQ(run_rl(network, dataset, "macs=60%", quick_search(), fine_tune).steps, once.steps);
    EXPECT_NE(run_rl(network, dataset, "macs=60%", quick_search(), fine_tune, 2).steps["steps"],
              once.steps["steps"]);
}

TEST(Rl, RewardIsAccuracyAndWeightedCuts)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto dataset = noise_dataset(network, 80);
    auto options = quick_search();
    options.flops_weight = 0.25;
    options.params_weight = 0.5;
    const auto outcome = run_rl(network, dataset, "macs=70%", options);
    const auto pruned = graph::apply(network, outcome.plan);
    const auto before = graph::cost(network), after = graph::cost(pruned);
    const double accuracy =
        train::evaluate(pruned, dataset, dataset::Split::validation).accuracy(); // all 20 frames
    const double expected =
        accuracy + 0.25 * (1.0 - static_cast<double>(after.paper_flops) / static_cast<double>(before.paper_flops)) +
        0.5 * (1.0 - static_cast<double>(after.params) / static_cast<double>(before.params));
    EXPECT_NEAR(outcome.steps["steps"].back()["reward"].get<double>(), expected, 1e-9);
}

TEST(Rl, RewardFramesAreJudgedAsEvaluationJudgesThem)
{
    const auto network = toy_network({ 2, 1, 1, 1 }, "amr_s");
    const auto dataset = toy_dataset(800);
    const auto all = dataset.indices(dataset::Split::validation); // 120: whole batches and a rest
    EXPECT_NEAR(rl::RewardFrames(dataset, all, "cpu").accuracy(network),
                train::evaluate(network, dataset, dataset::Split::validation).accuracy(), 1e-12);
    const auto some = rl::draw(all, 37, 1);
    EXPECT_EQ(some.size(), 37U);
    EXPECT_TRUE(std::is_sorted(some.begin(), some.end()));
    EXPECT_TRUE(std::includes(all.begin(), all.end(), some.begin(), some.end()));
    EXPECT_EQ(std::adjacent_find(some.begin(), some.end()), some.end());
    EXPECT_NE(rl::draw(all, 37, 2), some);
    EXPECT_EQ(rl::draw(all, 1000, 1), all);
}

TEST(Rl, DistilledNetworkRecoversAndResumesWithoutTraining)
{
    const auto dataset = toy_dataset(600);
    auto config = training();
    config.epochs = 3;
    const auto base =
        train::fit(graph::make_network(graph::zoo_config("amr_s", kToyLength, kToyClasses, { 1, 1, 1, 1 })),
                   dataset, config)
            .network;
    const test::TemporaryFolder folder;
    config.checkpoint = folder / "state";
    auto options = quick_search();
    options.step = 0.2;
    options.distill_every = 2;
    const auto whole = run_rl(base, dataset, "macs=30%", options, config);
    ASSERT_TRUE(whole.network);
    EXPECT_TRUE(parse_budget("macs=30%", base).met_by(*whole.network));
    EXPECT_EQ(graph::to_json(*whole.network)["nodes"], graph::to_json(graph::apply(base, whole.plan))["nodes"]);
    for (const auto& distillation : whole.steps["distillations"])
        EXPECT_GE(distillation["accuracy"], distillation["accuracy_before"]);
    EXPECT_GT(train::evaluate(*whole.network, dataset, dataset::Split::test).accuracy(),
              train::evaluate(graph::apply(base, whole.plan), dataset, dataset::Split::test).accuracy());

    // As if it had been stopped in the search of the last step.
    const std::string log = config.checkpoint + ".search";
    auto json = nlohmann::json::parse(read_file(log));
    json["steps"].erase(json["steps"].size() - 1);
    write_text_atomically(log, json.dump());
    const auto trained = std::filesystem::last_write_time(config.checkpoint + ".2");
    config.resume = true;
    const auto resumed = run_rl(base, dataset, "macs=30%", options, config);
    EXPECT_EQ(resumed.steps, whole.steps);
    EXPECT_EQ(std::filesystem::last_write_time(config.checkpoint + ".2"), trained);
    for (const auto& [name, tensor] : whole.network->tensors)
        EXPECT_EQ(resumed.network->tensor(name).data, tensor.data) << name;

    EXPECT_ERROR(run_rl(base, dataset, "macs=30%", options, config, 2),
                 "search log belongs to another run: found method seed 1");
    json["steps"][0]["removed"][0] = { 0, 0 };
    write_text_atomically(log, json.dump());
    EXPECT_ERROR(run_rl(base, dataset, "macs=30%", options, config), "state.search: damaged search log");
    write_text_atomically(log, "{\"run\":");
    EXPECT_ERROR(run_rl(base, dataset, "macs=30%", options, config), "state.search: damaged search log");
}

TEST(Rl, RefusesBadOptionsBudgetsAndData)
{
    const auto network = toy_network({ 2, 2, 2 });
    auto dataset = noise_dataset(network, 80);
    auto options = quick_search();
    options.search.clip = 2.0;
    EXPECT_ERROR(run_rl(network, dataset, "macs=60%", options),
                 "rl: delta: value out of range: found 2.000000, expected 0..1");
    options = quick_search();
    options.step = 0.0;
    EXPECT_ERROR(run_rl(network, dataset, "macs=60%", options), "rl: step: value out of range");
    EXPECT_ERROR(run_rl(network, dataset, "units=5", quick_search()),
                 "budget units=5: budget cannot be met: found at least 7 units, expected the smallest reachable "
                 "(one filter per layer)");
    EXPECT_ERROR(run_rl(network, dataset, "params=3", quick_search()), "budget cannot be met: found at least ");
    for (auto& part : dataset.part)
        part = part == dataset::Split::validation ? dataset::Split::train : part;
    EXPECT_ERROR(run_rl(network, dataset, "macs=60%", quick_search()),
                 "validation: no frames in this part of the data set");
}

} // namespace prunedamr::prune
