// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/search.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/train/evaluate.h"

#include <algorithm>

namespace prunedamr::prune {
namespace {

ChainConfig chain_config(int epochs)
{
    ChainConfig config;
    config.fine_tune.epochs = epochs;
    config.fine_tune.batch = 32;
    config.fine_tune.learning_rate = 3e-3;
    config.fine_tune.threads = 1;
    return config;
}

const dataset::Dataset& dataset()
{
    static const dataset::Dataset frames = toy_dataset(400);
    return frames;
}

const graph::Network& trained()
{
    static const graph::Network network =
        train::fit(graph::make_network(graph::zoo_config("amr_s", kToyLength, kToyClasses, { 2, 2, 1, 1 })),
                   dataset(), chain_config(4).fine_tune)
            .network;
    return network;
}

} // namespace

TEST(Pareto, FrontIsWhatNothingElseBeats)
{
    Rng rng(3);
    for (int repeat = 0; repeat < 50; ++repeat) {
        std::vector<Trial> trials(7);
        for (Trial& trial : trials) {
            trial.macs = rng.integer(1, 3);
            trial.params = rng.integer(1, 3);
            trial.latency_us = static_cast<double>(rng.integer(1, 2));
            trial.validation_accuracy = 0.1 * static_cast<double>(rng.integer(1, 4));
        }
        mark_front(trials);
        for (std::size_t i = 0; i < trials.size(); ++i) {
            const auto key = [&](std::size_t t) {
                return std::vector<double>{ -trials[t].validation_accuracy, static_cast<double>(trials[t].macs),
                                            static_cast<double>(trials[t].params), trials[t].latency_us };
            };
            bool beaten = false;
            for (std::size_t j = 0; j < trials.size(); ++j) {
                bool no_worse = true;
                for (std::size_t d = 0; d < 4; ++d)
                    no_worse = no_worse && key(j)[d] <= key(i)[d];
                beaten = beaten || (no_worse && (key(j) != key(i) || j < i));
            }
            EXPECT_EQ(trials[i].on_front, !beaten);
        }
    }
}

TEST(Search, DropFindsASmallNetworkThatLosesLittle)
{
    Budget budget = parse_budget("drop<=5", trained());
    SearchConfig config;
    config.probes = 4;
    const auto found =
        search_drop(trained(), dataset(), parse_chain("l1"), budget, chain_config(2), config, silent);
    EXPECT_LE(found.trials.size(), 4U);
    const double before = train::evaluate(trained(), dataset(), dataset::Split::validation).accuracy();
    const double after = train::evaluate(found.best.network, dataset(), dataset::Split::validation).accuracy();
    EXPECT_GE(after, before - 0.05);
    EXPECT_LT(graph::cost(found.best.network).macs, graph::cost(trained()).macs);
    for (const Trial& trial : found.trials) {
        if (trial.macs < graph::cost(found.best.network).macs) {
            EXPECT_LT(trial.validation_accuracy, before - 0.05);
        }
    }
}

TEST(Search, AutoKeepsToTheBudgetAndShowsItsFront)
{
    const Budget budget = parse_budget("units=5,macs=90%", trained());
    SearchConfig config;
    config.chains = { "l1", "random", "l1,random" };
    std::string said;
    const auto found = search_auto(trained(), dataset(), budget, chain_config(4), config,
                                   [&](const std::string& text) { said += text + "\n"; });
    EXPECT_TRUE(budget.met_by(found.best.network));
    EXPECT_EQ(found.trials.size(), 3U + 1U + 1U + 2U) << said; // rounds, then the looser budgets
    EXPECT_NE(found.text.find("Pareto front"), std::string::npos);
    EXPECT_GT(std::count_if(found.trials.begin(), found.trials.end(), [](const Trial& t) { return t.on_front; }),
              0);
    EXPECT_ERROR(
        search_auto(trained(), dataset(), parse_budget("units=3", trained()), chain_config(1), config, silent),
        "no chain can meet the budget");
}

TEST(Search, NeedsValidationFrames)
{
    auto frames = dataset();
    for (dataset::Split& part : frames.part)
        part = part == dataset::Split::validation ? dataset::Split::train : part;
    EXPECT_ERROR(search_auto(trained(), frames, parse_budget("units=5", trained()), chain_config(1), {}, silent),
                 "no validation frames to choose by");
}

} // namespace prunedamr::prune
