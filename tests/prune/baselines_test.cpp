// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/baselines.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/prune/features.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace prunedamr::prune {
namespace {

graph::PruningPlan plan_of(const std::string& name, const graph::Network& network, const std::string& budget,
                    const BaselineOptions& options = {}, std::uint64_t seed = 3)
{
    const auto dataset = toy_dataset(120);
    const Budget parsed = parse_budget(budget, network);
    const train::FitConfig fine_tune;
    return baseline(name, { network, dataset, parsed, fine_tune, seed, {} }, options).plan;
}

const BaselineOptions kChannels{ Part::channels, 10 };

/// Least squares with a ridge by Gauss-Jordan elimination, one class after the other.
double plain_probe_accuracy(const ProbeSamples& seen, const ProbeSamples& unseen, int classes)
{
    const std::size_t n = seen.features.size(), d = seen.features[0].size();
    std::vector<double> mean(d, 0.0);
    for (const auto& row : seen.features)
        for (std::size_t i = 0; i < d; ++i)
            mean[i] += row[i] / static_cast<double>(n);
    const auto at = [&](const ProbeSamples& samples, std::size_t row, std::size_t i) {
        return samples.features[row][i] - mean[i];
    };
    std::vector<std::vector<double>> outputs(unseen.features.size(), std::vector<double>(classes, 0.0));
    for (int c = 0; c < classes; ++c) {
        double mean_y = 0.0, trace = 0.0;
        for (const int label : seen.labels)
            mean_y += (label == c ? 1.0 : 0.0) / static_cast<double>(n);
        std::vector<std::vector<double>> system(d, std::vector<double>(d + 1, 0.0));
        for (std::size_t i = 0; i < d; ++i)
            for (std::size_t row = 0; row < n; ++row) {
                for (std::size_t j = 0; j < d; ++j)
                    system[i][j] += at(seen, row, i) * at(seen, row, j);
                system[i][d] += at(seen, row, i) * ((seen.labels[row] == c ? 1.0 : 0.0) - mean_y);
            }
        for (std::size_t i = 0; i < d; ++i)
            trace += system[i][i];
        for (std::size_t i = 0; i < d; ++i)
            system[i][i] += 1e-3 * trace / static_cast<double>(d);
        for (std::size_t i = 0; i < d; ++i)
            for (std::size_t r = 0; r < d; ++r) {
                const double factor = r == i ? 0.0 : system[r][i] / system[i][i];
                for (std::size_t j = 0; j <= d; ++j)
                    system[r][j] -= factor * system[i][j];
            }
        for (std::size_t row = 0; row < outputs.size(); ++row) {
            outputs[row][static_cast<std::size_t>(c)] = mean_y;
            for (std::size_t i = 0; i < d; ++i)
                outputs[row][static_cast<std::size_t>(c)] += at(unseen, row, i) * system[i][d] / system[i][i];
        }
    }
    int right = 0;
    for (std::size_t row = 0; row < outputs.size(); ++row) {
        const auto best = std::max_element(outputs[row].begin(), outputs[row].end());
        right += best - outputs[row].begin() == unseen.labels[row] ? 1 : 0;
    }
    return right / static_cast<double>(outputs.size());
}

ProbeSamples clouds(int samples, std::uint64_t seed)
{
    Rng rng(seed);
    ProbeSamples result;
    for (int n = 0; n < samples; ++n) {
        const int label = n % 3;
        result.labels.push_back(label);
        result.features.push_back(
            { label + rng.normal(), 50.0 + 0.3 * label * label + rng.normal(), rng.normal() });
    }
    return result;
}

} // namespace

TEST(Baselines, RemoveNoMoreUnitsThanTheBudgetAsks)
{
    const auto network = toy_network({ 3, 3, 3 });
    for (const char* name : { "random", "l1", "bnp" }) {
        for (int units = 10; units >= 4; --units) {
            const auto plan = plan_of(name, network, "units=" + std::to_string(units));
            EXPECT_EQ(static_cast<int>(graph::apply(network, plan).units.size()), units) << name;
        }
        const Budget half = parse_budget("macs=50%", network);
        EXPECT_TRUE(half.met_by(graph::apply(network, plan_of(name, network, "macs=50%")))) << name;
        EXPECT_ERROR(plan_of(name, network, "units=3"), "at least 4 units");
    }
}

TEST(Baselines, RemoveTheUnitOfLeastScore)
{
    auto network = toy_network({ 3, 3, 3 });
    for (const char* conv : { "stage2.unit3.conv1.weight", "stage2.unit3.conv2.weight" })
        for (float& weight : network.tensors.at(conv).data)
            weight *= 0.01F;
    for (const char* norm : { "stage3.unit2.bn1.weight", "stage3.unit2.bn2.weight" })
        for (float& gamma : network.tensors.at(norm).data)
            gamma *= -0.01F;
    EXPECT_EQ(plan_of("l1", network, "units=9").remove_units, std::vector<std::string>{ "stage2.unit3" });
    EXPECT_EQ(plan_of("bnp", network, "units=9").remove_units, std::vector<std::string>{ "stage3.unit2" });
}

TEST(Baselines, RandomDependsOnTheSeedOnly)
{
    const auto network = toy_network({ 3, 3, 3 });
    std::set<std::vector<std::string>> plans;
    std::set<std::map<std::string, std::vector<int>>> channel_plans;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const auto plan = plan_of("random", network, "units=6", {}, seed);
        EXPECT_EQ(plan.remove_units, plan_of("random", network, "units=6", {}, seed).remove_units);
        plans.insert(plan.remove_units);
        channel_plans.insert(plan_of("random", network, "macs=50%", kChannels, seed).keep_channels);
    }
    EXPECT_GT(plans.size(), 3U);
    EXPECT_EQ(channel_plans.size(), 10U);
}

TEST(Baselines, ChannelScoresAreMeansOverTiedFilters)
{
    for (const auto& network : graph::all_nets()) {
        const auto layers = graph::channel_layers(network);
        const auto l1 = l1_group_scores(network, layers), fpgm = fpgm_group_scores(network, layers);
        for (std::size_t l = 0; l < layers.size(); ++l)
            for (std::size_t g = 0; g < layers[l].groups.size(); ++g) {
                double magnitudes = 0.0, distances = 0.0;
                for (const auto& [node, channel] : layers[l].groups[g].members) {
                    const auto& weight = network.tensor(node + ".weight");
                    const std::size_t size = weight.data.size() / static_cast<std::size_t>(weight.shape[0]);
                    const float* mine = &weight.data[static_cast<std::size_t>(channel) * size];
                    for (std::size_t i = 0; i < size; ++i)
                        magnitudes += std::abs(mine[i]);
                    for (const float* other = weight.data.data(); other != weight.data.data() + weight.data.size();
                         other += size) {
                        double squares = 0.0;
                        for (std::size_t i = 0; i < size; ++i)
                            squares += (mine[i] - other[i]) * (mine[i] - other[i]);
                        distances += std::sqrt(squares);
                    }
                }
                const auto members = static_cast<double>(layers[l].groups[g].members.size());
                EXPECT_NEAR(l1[l][g], magnitudes / members, 1e-5 * magnitudes) << graph::name_of(network);
                EXPECT_NEAR(fpgm[l][g], distances / members, 1e-5 * distances) << graph::name_of(network);
            }
    }
}

TEST(Baselines, NormsOfTiedChannelsAreAveraged)
{
    const auto network = toy_network({ 1, 1, 1 });
    const auto layers = graph::channel_layers(network);
    const auto scores = bnp_group_scores(network, layers);
    const auto gamma = [&](const char* norm, std::size_t c) {
        return std::abs(static_cast<double>(network.tensor(std::string(norm) + ".weight").data[c]));
    };
    for (std::size_t l = 0; l < layers.size(); ++l)
        for (const std::size_t c : { std::size_t{ 0 }, std::size_t{ 9 } }) {
            if (layers[l].name == "stem.conv") {
                EXPECT_NEAR(scores[l][c],
                            (gamma("stem.bn", c) + gamma("stage1.unit1.bn2", c) + gamma("stage2.unit1.bn2", c) +
                             gamma("stage3.unit1.bn2", c)) /
                                4.0,
                            1e-12);
            }
            if (layers[l].name == "stage3.unit1.conv1") {
                EXPECT_NEAR(scores[l][c], gamma("stage3.unit1.bn1", c), 1e-12);
            }
        }
    // A hidden linear without a norm cannot be scored and stays whole.
    const auto shuffle = graph::shuffle_net();
    const auto shuffle_layers = graph::channel_layers(shuffle);
    const auto shuffle_scores = bnp_group_scores(shuffle, shuffle_layers);
    for (std::size_t l = 0; l < shuffle_layers.size(); ++l)
        EXPECT_EQ(shuffle_scores[l].empty(), shuffle_layers[l].name == "hidden") << shuffle_layers[l].name;
    const PruningSchedule schedule = uniform_schedule(shuffle, shuffle_layers, shuffle_scores);
    EXPECT_EQ(schedule.plan(schedule.levels - 1).keep_channels.count("hidden"), 0U);
}

TEST(Baselines, TakeTheSameShareOfEveryLayerAndTheLeastScores)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto layers = graph::channel_layers(network);
    const auto scores = l1_group_scores(network, layers);
    const PruningSchedule schedule = uniform_schedule(network, layers, scores);
    std::size_t removable = 0;
    for (const auto& layer : layers)
        removable += layer.groups.size() - 1;
    EXPECT_EQ(schedule.levels, static_cast<int>(removable) + 1);
    EXPECT_TRUE(schedule.plan(0).keep_channels.empty());
    std::int64_t macs = graph::cost(network).macs + 1;
    for (int level = 0; level < schedule.levels; level += 7) {
        const auto plan = schedule.plan(level);
        const auto now = graph::cost(graph::apply(network, plan)).macs;
        EXPECT_LT(now, macs);
        macs = now;
        double lowest = 1.0, highest = 0.0; // fractions gone
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const auto& name = layers[l].nodes.front();
            const auto found = plan.keep_channels.find(name);
            std::size_t gone = 0;
            double best_gone = 0.0, worst_kept = 1e300;
            for (std::size_t g = 0; g < layers[l].groups.size(); ++g) {
                const int channel = layers[l].groups[g].members.front().second;
                const bool stays = found == plan.keep_channels.end() ||
                                   std::count(found->second.begin(), found->second.end(), channel) > 0;
                gone += stays ? 0 : 1;
                (stays ? worst_kept : best_gone) =
                    stays ? std::min(worst_kept, scores[l][g]) : std::max(best_gone, scores[l][g]);
            }
            EXPECT_LE(best_gone, worst_kept) << layers[l].name;
            const double fraction = static_cast<double>(gone) / static_cast<double>(layers[l].groups.size());
            lowest = std::min(lowest, fraction);
            highest = std::max(highest, fraction);
        }
        EXPECT_LE(highest - lowest, 1.0 / 16.0 + 1e-9) << "level " << level; // the narrowest layer has 16
    }
}

TEST(Baselines, ChannelBudgetsAreMetWithinOneChannel)
{
    std::vector<graph::Network> networks = graph::all_nets();
    networks.push_back(toy_network({ 1, 1, 1, 1 }, "amr_s"));
    for (const auto& network : networks) {
        const auto layers = graph::channel_layers(network);
        const auto scores = l1_group_scores(network, layers);
        const PruningSchedule schedule = uniform_schedule(network, layers, scores);
        for (const char* text : { "macs=50%", "params=60%", "bytes=70%", "macs=80%,params=50%" }) {
            const Budget budget = parse_budget(text, network);
            const auto plan = bisect(network, schedule, budget);
            EXPECT_TRUE(budget.met_by(graph::apply(network, plan))) << graph::name_of(network) << " " << text;
            int level = 0;
            while (schedule.plan(level).keep_channels != plan.keep_channels)
                ++level;
            ASSERT_GT(level, 0);
            EXPECT_FALSE(budget.met_by(graph::apply(network, schedule.plan(level - 1))))
                << graph::name_of(network) << " " << text;
        }
        EXPECT_ERROR(bisect(network, schedule, parse_budget("macs=0.01%", network)),
                     "the smallest that this method");
    }
}

TEST(Baselines, ProbeIsARidgeRegression)
{
    for (const int samples : { 12, 60, 300 }) {
        const auto seen = clouds(samples, 1), unseen = clouds(301, 2);
        const double accuracy = probe_accuracy(seen, unseen, 3);
        EXPECT_EQ(accuracy, plain_probe_accuracy(seen, unseen, 3));
        EXPECT_GT(accuracy, 0.4);
    }
    ProbeSamples constant = clouds(30, 1);
    for (auto& row : constant.features)
        row = { 1.0, 1.0 };
    EXPECT_NEAR(probe_accuracy(constant, constant, 3), 1.0 / 3.0, 1e-9);
}

TEST(Baselines, LcpRemovesUnitsOverWhichProbesGainLeast)
{
    // A unit whose branch is switched off changes nothing: its probe gains exactly nothing.
    auto network = toy_network({ 3, 2, 1 });
    for (const char* part : { ".weight", ".bias" })
        for (float& value : network.tensors.at(std::string("stage1.unit2.bn2") + part).data)
            value = 0.0F;
    const auto dataset = toy_dataset(400);
    const auto seen = draw_per_class(dataset, dataset.indices(dataset::Split::train), 40, 1);
    const auto unseen = draw_per_class(dataset, dataset.indices(dataset::Split::validation), 40, 1);
    const auto gains = probe_gains(network, dataset, seen, unseen, "cpu");
    ASSERT_EQ(gains.size(), network.units.size());
    const auto off = static_cast<std::size_t>(unit_index(network, "stage1.unit2"));
    EXPECT_EQ(gains[off].after, gains[off].before);
    for (std::size_t u = 1; u < gains.size(); ++u)
        EXPECT_EQ(gains[u].before, gains[u - 1].after); // one unit feeds the next

    const Budget budget = parse_budget("units=4", network);
    const train::FitConfig fine_tune;
    const auto outcome = baseline("lcp", { network, dataset, budget, fine_tune, 1, {} }, { std::nullopt, 40 });
    EXPECT_EQ(outcome.steps["probe_after"].size(), network.units.size());
    std::vector<double> scores;
    for (const ProbeGain& gain : gains)
        scores.push_back(gain.after - gain.before);
    EXPECT_EQ(outcome.plan.remove_units, remove_lowest_units(network, budget, scores, 1).remove_units);
}

TEST(Baselines, RefuseAPartThatTheyDoNotRemove)
{
    const auto network = toy_network({ 1, 1, 1 });
    EXPECT_ERROR(plan_of("fpgm", network, "macs=50%", { Part::units, 10 }),
                 "fpgm: this baseline does not remove that: found units, expected channels");
    EXPECT_ERROR(plan_of("lcp", network, "units=4", kChannels), "found channels, expected units");
    EXPECT_ERROR(plan_of("l1", network, "units=3", kChannels), "at least 4 units");
    EXPECT_ERROR(part_named("filters"), "unknown part of a network: found filters, expected units or channels");
}

} // namespace prunedamr::prune
