// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_json.h"
#include "prunedamr/prune/consensus/consensus.h"

#include "tests/prune/prune_testing.h"

#include "tests/dataset/dataset_testing.h"

#include "prunedamr/prune/features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

namespace prunedamr::prune {
namespace {

const dataset::Dataset& frames()
{
    static const dataset::Dataset dataset = toy_dataset(400);
    return dataset;
}

/// Quick: few frames, two distances, no training on the way.
ConsensusConfig quick()
{
    ConsensusConfig config;
    config.distances = { "cka", "wasserstein" };
    config.samples = 48;
    config.epochs_per_step = 0;
    config.stability_sets = 0;
    return config;
}

train::FitConfig quick_fit()
{
    train::FitConfig config;
    config.batch = 32;
    config.threads = 1;
    return config;
}

PruneResult run_consensus(const graph::Network& network, const std::string& budget, const ConsensusConfig& config,
                          std::uint64_t seed = 1, const train::FitConfig& fine_tune = quick_fit(),
                          std::string* said = nullptr)
{
    const Budget parsed = parse_budget(budget, network);
    return consensus({ network, frames(), parsed, fine_tune, seed,
                       [said](const std::string& line) {
                           if (said)
                               *said += line + "\n";
                       } },
                     config);
}

std::map<int, int> units_by_stage(const graph::Network& network)
{
    std::map<int, int> count;
    for (const graph::Unit& unit : network.units)
        ++count[unit.stage];
    return count;
}

/// The last norm of a unit's branch all zero, as the paper's authors do it.
graph::Network silenced(graph::Network network, const std::string& unit)
{
    for (const char* part : { ".weight", ".bias", ".running_mean", ".running_var" })
        for (float& value : network.tensors.at(unit + ".bn2" + part).data)
            value = 0.0F;
    return network;
}

/// A unit's branch times `factor`.
void weaken(graph::Network& network, const std::string& unit, float factor)
{
    for (const char* part : { ".weight", ".bias" })
        for (float& value : network.tensors.at(unit + ".bn2" + part).data)
            value *= factor;
}

std::string bytes_of(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return { std::istreambuf_iterator<char>(file), {} };
}

} // namespace

TEST(ConsensusFeatures, AreWhatTheClassifierReads)
{
    EXPECT_EQ(feature_node(toy_network({ 1, 1, 1 })), "pool");
    EXPECT_EQ(feature_node(graph::shuffle_net()), "hidden_relu");
    const auto network = toy_network({ 1, 1, 1 });
    const auto features = classifier_features(network, frames(), { 3, 1, 4, 1 }, "cpu");
    ASSERT_EQ(features.sizes(), (std::vector<std::int64_t>{ 4, 64 }));
    EXPECT_TRUE(at::equal(features[1], features[3]));
    EXPECT_FALSE(at::equal(features[0], features[1]));
}

TEST(ConsensusFeatures, OfANetworkWithoutAUnitAreThoseWithItsBranchSilent)
{
    const std::vector<std::int64_t> some = { 0, 7, 20, 33 };
    for (const auto& network : { toy_network({ 3, 2, 2 }), toy_network({ 2, 2, 1, 2 }, "amr_s") }) {
        const auto candidates = candidate_units(network);
        EXPECT_GE(candidates.size(), 3U);
        for (const std::string& unit : candidates) {
            const auto without = classifier_features(graph::remove_unit(network, unit), frames(), some, "cpu");
            const auto silent = classifier_features(silenced(network, unit), frames(), some, "cpu");
            EXPECT_LT((without - silent).abs().max().item<double>(), 1e-5 * silent.abs().max().item<double>())
                << unit;
        }
    }
}

TEST(ConsensusFeatures, DrawnFramesAreOfTheTrainPartAndBalanced)
{
    const auto drawn = draw_frames(frames(), 90, 5);
    ASSERT_EQ(drawn.size(), 90U);
    EXPECT_EQ(std::set<std::int64_t>(drawn.begin(), drawn.end()).size(), 90U);
    for (std::size_t first = 0; first < drawn.size(); first += kToyClasses) {
        std::set<std::int32_t> classes;
        for (std::size_t i = first; i < first + kToyClasses; ++i) {
            classes.insert(frames().label[static_cast<std::size_t>(drawn[i])]);
            EXPECT_EQ(frames().part[static_cast<std::size_t>(drawn[i])], dataset::Split::train);
        }
        EXPECT_EQ(classes.size(), static_cast<std::size_t>(kToyClasses));
    }
    EXPECT_EQ(draw_frames(frames(), 90, 5), drawn);
    EXPECT_NE(draw_frames(frames(), 90, 6), drawn);
    EXPECT_EQ(draw_frames(frames(), 100'000, 5).size(), frames().indices(dataset::Split::train).size());
    dataset::Dataset validation_only = frames();
    for (auto& part : validation_only.part)
        part = part == dataset::Split::train ? dataset::Split::test : part;
    for (const std::int64_t frame : draw_frames(validation_only, 20, 1))
        EXPECT_EQ(validation_only.part[static_cast<std::size_t>(frame)], dataset::Split::validation);
}

TEST(Consensus, EveryDistanceFindsTheUnitThatDoesNothing)
{
    for (auto network : { toy_network({ 2, 2, 2 }), toy_network({ 2, 2, 2, 1 }, "amr_s") }) {
        weaken(network, "stage2.unit2", 1e-3F);
        const auto ranking =
            rank_units(network, frames(), draw_frames(frames(), 120, 1), distance_names(), "cpu", "rank");
        ASSERT_EQ(ranking.distances.size(), 8U);
        const auto weak = static_cast<std::size_t>(
            std::find(ranking.units.begin(), ranking.units.end(), "stage2.unit2") - ranking.units.begin());
        ASSERT_LT(weak, ranking.units.size());
        for (std::size_t m = 0; m < 8; ++m)
            EXPECT_EQ(ranking.ranks[m][weak], 1.0) << graph::name_of(network) << " " << distance_names()[m];
        EXPECT_EQ(ranking.consensus[weak], 8.0);
    }
    auto network = toy_network({ 3, 2, 3 });
    weaken(network, "stage3.unit2", 1e-3F);
    EXPECT_EQ(run_consensus(network, "units=8", quick()).plan.remove_units,
              std::vector<std::string>{ "stage3.unit2" });
}

TEST(Consensus, KeepsEveryKindOfBudgetAndEnoughUnits)
{
    const auto residual = toy_network({ 4, 2, 4 });
    const auto compact = toy_network({ 3, 3, 2, 3 }, "amr_s");
    for (const auto* network : { &residual, &compact })
        for (const char* budget : { "units=9", "macs=95%", "params=95%", "bytes=95%", "units=10,macs=97%" }) {
            const auto outcome = run_consensus(*network, budget, quick());
            const auto pruned = graph::apply(*network, outcome.plan);
            EXPECT_TRUE(parse_budget(budget, *network).met_by(pruned)) << graph::name_of(*network) << " " << budget;
            for (const auto& [stage, count] : units_by_stage(pruned))
                EXPECT_GE(count, std::min(2, units_by_stage(*network)[stage])) << stage;
            EXPECT_FALSE(outcome.network) << "nothing was trained";
        }
    const auto latency = run_consensus(compact, "latency=10ms", quick());
    EXPECT_TRUE(latency.plan.remove_units.empty());
    EXPECT_NE(latency.text.find("nothing to take out"), std::string::npos) << latency.text;
}

TEST(Consensus, TakesTheLeastRankSumOfStagesWithUnitsToSpare)
{
    auto config = quick();
    config.distances = { "linear1", "cka", "wasserstein" };
    std::string said;
    const auto network = toy_network({ 3, 2, 4 });
    const auto outcome = run_consensus(network, "units=7", config, 1, quick_fit(), &said);
    std::map<std::string, int> stages;
    for (const graph::Unit& unit : network.units)
        stages[unit.name] = unit.stage;
    auto left = units_by_stage(network);
    ASSERT_EQ(outcome.steps["iterations"].size(), 3U);
    for (const auto& step : outcome.steps["iterations"]) {
        const auto units = step["units"].get<std::vector<std::string>>();
        std::string best;
        double lowest = 1e9;
        for (std::size_t u = 0; u < units.size(); ++u) {
            double sum = 0.0;
            for (const auto& distance :
                 step["distance"]) { // rank = 1 + the smaller ones + half of the other equal ones
                for (std::size_t v = 0; v < units.size(); ++v)
                    sum += distance[v] < distance[u] ? 1.0 : (distance[v] == distance[u] ? 0.5 : 0.0);
                sum += 0.5;
            }
            EXPECT_EQ(step["consensus"][u].get<double>(), sum);
            if (left[stages[units[u]]] > 2 && sum < lowest) {
                lowest = sum;
                best = units[u];
            }
        }
        EXPECT_EQ(step["removed"], best);
        EXPECT_NE(said.find("takes out " + best), std::string::npos) << said;
        --left[stages[best]];
    }
    EXPECT_EQ(outcome.steps["removed"].get<std::vector<std::string>>(), outcome.plan.remove_units);
    EXPECT_EQ(outcome.steps["distances"], nlohmann::json({ "linear1", "cka", "wasserstein" }));
}

TEST(Consensus, SameSeedSameSteps)
{
    const auto network = toy_network({ 3, 2, 3 });
    auto config = quick();
    config.stability_sets = 2;
    const auto once = run_consensus(network, "units=7", config, 3);
    EXPECT_EQ(run_consensus(network, "units=7", config, 3).steps, once.steps);
    EXPECT_NE(run_consensus(network, "units=7", config, 4).steps, once.steps);
}

TEST(Consensus, TellsHowSteadyTheRankingIs)
{
    auto config = quick();
    config.distances = { "cka", "permutation", "wasserstein" };
    config.stability_sets = 4;
    const auto outcome = run_consensus(toy_network({ 4, 3, 3 }), "units=10", config);
    const auto& stability = outcome.steps["stability"];
    EXPECT_EQ(stability["sets"], 4);
    EXPECT_EQ(stability["frames"], 48);
    EXPECT_LE(stability["consensus"].get<double>(), 1.0);
    EXPECT_GT(stability["consensus"].get<double>(), 0.0) << "the same units on frames of the same kind";
    std::string best = "cka";
    for (const auto& [name, value] : stability["distances"].items())
        best = value > stability["distances"][best] ? name : best;
    EXPECT_EQ(stability["distances"].size(), 3U);
    EXPECT_EQ(stability["best_single"], best);
    EXPECT_NE(outcome.text.find("best single distance " + best), std::string::npos) << outcome.text;
    config.samples = 100'000; // the choice is made on all train frames, the sets are quarters of them
    const auto all = run_consensus(toy_network({ 2, 3, 2 }), "units=7", config);
    EXPECT_EQ(all.steps["frames"], 280);
    EXPECT_EQ(all.steps["stability"]["frames"], 70);
}

TEST(Consensus, ResumedRunRepeatsNoTraining)
{
    const test::TemporaryFolder folder;
    const auto network = toy_network({ 3, 2, 2, 1 }, "amr_s");
    auto config = quick();
    config.min_units = 1;
    config.epochs_per_step = 1;
    auto fit = quick_fit();
    fit.checkpoint = folder / "state";
    const auto first = run_consensus(network, "units=6", config, 1, fit);
    ASSERT_EQ(first.plan.remove_units.size(), 3U);
    ASSERT_TRUE(first.network);
    EXPECT_TRUE(first.steps["iterations"][1]["validation_accuracy"].is_number());
    EXPECT_TRUE(first.steps["iterations"][2]["validation_accuracy"].is_null()) << "left to the task's fine-tuning";
    const auto applied = graph::apply(network, first.plan);
    EXPECT_EQ(graph::to_json(*first.network)["nodes"], graph::to_json(applied)["nodes"]);
    EXPECT_NE(first.network->tensor("fc.weight").data, applied.tensor("fc.weight").data) << "trained on the way";

    const std::string kept[] = { bytes_of(folder / "state.1"), bytes_of(folder / "state.2") };
    ASSERT_FALSE(kept[0].empty());
    fit.resume = true;
    const auto second = run_consensus(network, "units=6", config, 1, fit);
    EXPECT_EQ(second.steps, first.steps);
    EXPECT_EQ(second.network->tensor("fc.weight").data, first.network->tensor("fc.weight").data);
    EXPECT_EQ(bytes_of(folder / "state.1"), kept[0]);
    EXPECT_EQ(bytes_of(folder / "state.2"), kept[1]);

    fit.epochs = 0;
    EXPECT_FALSE(run_consensus(network, "units=6", config, 1, fit).network) << "who wants no training gets none";
}

TEST(Consensus, RefusesBadOptionsAndBudgetsOutOfReach)
{
    const auto network = toy_network({ 3, 2, 3 });
    EXPECT_ERROR(run_consensus(network, "units=6", quick()),
                 "budget cannot be met: found at least 7 units, expected the smallest with 2 units in every stage "
                 "(--min-units)");
    auto config = quick();
    config.min_units = 1;
    EXPECT_EQ(run_consensus(network, "units=4", config).plan.remove_units.size(), 5U);
    EXPECT_ERROR(run_consensus(network, "units=3", config),
                 "at least 4 units, expected the smallest with 1 unit in");
    config.min_units = 0;
    EXPECT_ERROR(run_consensus(network, "units=4", config),
                 "min units: value out of range: found 0, expected at least 1");
    config = quick();
    config.distances = { "cka", "euclid" };
    EXPECT_ERROR(run_consensus(network, "units=8", config),
                 "unknown distance: found euclid, expected cka, gaussian0");
    config.distances = { "cka", "linear0", "cka" };
    EXPECT_ERROR(run_consensus(network, "units=8", config), "distance given twice: found cka");
    config = quick();
    config.samples = 15;
    EXPECT_ERROR(run_consensus(network, "units=8", config),
                 "consensus samples: value out of range: found 15, expected at least 16");
    config = quick();
    config.stability_sets = 1;
    EXPECT_ERROR(run_consensus(network, "units=8", config),
                 "stability sets: value out of range: found 1, expected 0, or at least 2");
    config.stability_sets = 18;
    EXPECT_ERROR(run_consensus(network, "units=8", config),
                 "data set: too few training frames for consensus: found 280");
    EXPECT_ERROR(run_consensus(graph::depthwise_net(), "macs=50%", quick()), "no unit can be taken out");
}

} // namespace prunedamr::prune
