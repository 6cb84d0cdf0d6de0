// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/catro.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/prune/features.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace prunedamr::prune {
namespace {

CatroResult run_catro(const graph::Network& network, const dataset::Dataset& dataset, const std::string& budget,
                      std::uint64_t seed = 1)
{
    const auto samples = draw_per_class(dataset, dataset.indices(dataset::Split::train), 8, seed);
    return catro(network, dataset, samples, parse_budget(budget, network), "cpu");
}

/// Noise whose power tells the class, for any network.
dataset::Dataset class_noise_dataset(const graph::Network& network)
{
    dataset::Dataset dataset;
    const model::ModelInfo info = model::model_of(network).info;
    dataset.front_end = info.front_end;
    dataset.class_names = info.labels;
    const auto classes = static_cast<int>(network.classes());
    Rng rng(1);
    for (int i = 0; i < 20 * classes; ++i) {
        dataset.label.push_back(i % classes);
        for (std::int64_t s = 0; s < 2 * network.length; ++s)
            dataset.frames.push_back(static_cast<float>((1.0 + i % classes) * rng.normal()));
    }
    dataset.snr_db.assign(dataset.label.size(), 10.0F);
    dataset.group.assign(dataset.label.size(), 0);
    dataset.part.assign(dataset.label.size(), dataset::Split::train);
    return dataset;
}

} // namespace

TEST(Catro, KeepsInEachLayerTheSetOfLargestTraceRatio)
{
    const auto network = toy_network({ 2, 1, 1, 1 }, "amr_s");
    const auto dataset = toy_dataset(90);
    const auto result = run_catro(network, dataset, "macs=40%");
    const auto layers = graph::channel_layers(network);
    const auto scatter = layer_scatter(
        network, layers, dataset, draw_per_class(dataset, dataset.indices(dataset::Split::train), 8, 1), "cpu");
    ASSERT_EQ(result.layers.size(), layers.size());
    graph::KeptGroups kept;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        kept.push_back(result.layers[l].kept);
        EXPECT_EQ(kept[l], largest_trace_ratio(scatter[l], static_cast<int>(kept[l].size())).set);
        EXPECT_GE(result.layers[l].ratio, result.layers[l].whole_ratio);
    }
    EXPECT_EQ(result.plan.keep_channels, graph::channel_plan(network, layers, kept).keep_channels);
    EXPECT_EQ(result.plan.method, "catro");
}

TEST(Catro, LayerValueIsTheLogarithmOfSummedRatios)
{
    const auto value = layer_value({ { 1.0, 6.0, 0.0 }, { 2.0, 3.0, 0.0 } }); // ratios 0.5, 2, none
    ASSERT_EQ(value.size(), 4U);
    EXPECT_EQ(value[0], 0.0);
    EXPECT_NEAR(value[1], std::log(3.0) / std::log(3.5), 1e-12);
    EXPECT_NEAR(value[2], 1.0, 1e-12);
    EXPECT_EQ(value[3], 1.0);
    EXPECT_EQ(layer_value({ { 0.0, 0.0 }, { 0.0, 1.0 } }), (std::vector<double>{ 0.0, 0.0, 0.0 }));
}

TEST(Catro, KeepsEveryKindOfBudget)
{
    std::vector<graph::Network> networks = { toy_network({ 2, 1, 1 }), toy_network({ 1, 1, 1, 1 }, "amr_s"),
                                             graph::concat_net(), graph::depthwise_net(), graph::shuffle_net() };
    for (const auto& network : networks) {
        const auto dataset = class_noise_dataset(network);
        for (const char* budget : { "macs=50%", "params=50%", "bytes=70%", "params=60%,macs=70%", "macs=100%" }) {
            const auto result = run_catro(network, dataset, budget);
            EXPECT_TRUE(parse_budget(budget, network).met_by(graph::apply(network, result.plan)))
                << graph::name_of(network) << " " << budget;
            EXPECT_LE(result.objective, result.bound);
            EXPECT_GT(result.objective, 0.5 * result.bound) << graph::name_of(network) << " " << budget;
        }
        EXPECT_TRUE(run_catro(network, dataset, "macs=100%").plan.keep_channels.empty()) << graph::name_of(network);
    }
    const auto& network = networks[0];
    EXPECT_NO_THROW(run_catro(network, class_noise_dataset(network), "latency=10000ms"));
}

TEST(Catro, UsesUpTheBudget)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto budget = parse_budget("macs=30%", network);
    const auto result = run_catro(network, class_noise_dataset(network), "macs=30%");
    const auto layers = graph::channel_layers(network);
    const graph::PrunedCost thinned(network, layers);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        std::vector<int> widths;
        for (const CatroLayer& of : result.layers)
            widths.push_back(static_cast<int>(of.kept.size()));
        if (++widths[l] <= static_cast<int>(layers[l].groups.size())) {
            EXPECT_FALSE(budget.allows(thinned.of(widths), 1)) << layers[l].name;
        }
    }
}

TEST(Catro, SameSeedSamePlan)
{
    const auto network = toy_network({ 1, 1, 1 });
    const auto dataset = toy_dataset(200);
    const auto plan = run_catro(network, dataset, "macs=40%", 3).plan.keep_channels;
    EXPECT_EQ(plan, run_catro(network, dataset, "macs=40%", 3).plan.keep_channels);
    EXPECT_NE(plan, run_catro(network, dataset, "macs=40%", 4).plan.keep_channels);
}

TEST(Catro, ChannelsThatTellClassesApartStay)
{
    // Half of the channels of a layer do not depend on the frame: they cannot tell anything.
    auto network = toy_network({ 1, 1, 1 });
    auto& weight = network.tensors.at("stage1.unit1.conv1.weight");
    const auto filter = weight.data.size() / 16;
    std::fill_n(weight.data.begin(), 8 * static_cast<std::ptrdiff_t>(filter), 0.0F);
    const auto result = run_catro(network, toy_dataset(300), "params=20%");
    const auto layer = std::find_if(result.layers.begin(), result.layers.end(),
                                    [](const CatroLayer& of) { return of.layer.name == "stage1.unit1.conv1"; });
    ASSERT_NE(layer, result.layers.end());
    ASSERT_LE(layer->kept.size(), 8U);
    EXPECT_GE(layer->ratio, trace_ratio(layer->scatter, { 0, 1, 2, 3, 8 }));
    EXPECT_GE(layer->kept.front(), 8);
}

TEST(Catro, FindsOtherChannelsForASubtask)
{
    const auto network = toy_network({ 1, 1, 1 });
    const std::vector<std::string> classes = { "class0", "class2" };
    const auto subtask = graph::keep_classes(network, { 0, 2 });
    const auto dataset = toy_dataset(300);
    const auto result = run_catro(subtask, dataset::select_classes(dataset, classes), "macs=40%");
    EXPECT_EQ(graph::apply(subtask, result.plan).classes(), 2);
    EXPECT_NE(result.plan.keep_channels, run_catro(network, dataset, "macs=40%").plan.keep_channels);
}

TEST(Catro, SeesNoMoreLabelsThanFineTuning)
{
    const auto network = toy_network({ 1, 1, 1 });
    const auto dataset = toy_dataset(300);
    const Budget half = parse_budget("macs=50%", network);
    train::FitConfig fine_tune;
    fine_tune.frames_per_class = 5;
    const auto outcome = catro({ network, dataset, half, fine_tune, 1, {} }, { 100 });
    EXPECT_EQ(outcome.steps["samples"], 15);
}

TEST(Catro, RefusesWhatItCannotDo)
{
    const auto network = toy_network({ 1, 1, 1 });
    const auto dataset = toy_dataset(60);
    EXPECT_ERROR(run_catro(network, dataset, "macs=0.01%"), "the smallest that channels alone reach");
    EXPECT_ERROR(run_catro(network, dataset, "units=3"), "at least 4 units");
    const Budget half = parse_budget("macs=50%", network);
    const train::FitConfig fine_tune;
    EXPECT_ERROR(catro({ network, dataset, half, fine_tune, 1, {} }, { 1 }),
                 "samples per class: value out of range: found 1, expected 2 or more");
}

TEST(Catro, SaysWhatItDid)
{
    const auto network = toy_network({ 1, 1, 1 });
    const auto result = run_catro(network, toy_dataset(60), "macs=50%");
    const std::string text = to_text(result);
    EXPECT_NE(text.find("greedy reached at least"), std::string::npos) << text;
    EXPECT_NE(text.find("stage1.unit1.conv1"), std::string::npos) << text;
    const auto json = to_json(result);
    EXPECT_EQ(json["layers"].size(), result.layers.size());
    EXPECT_EQ(json["layers"][0]["between"].size(), json["layers"][0]["groups"]);
    EXPECT_GE(json["bound"].get<double>(), json["objective"].get<double>());
}

} // namespace prunedamr::prune
