// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/catro.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/prune/features.h"
#include "tests/prune/prune_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace prunedamr::prune {
namespace {

using Feature = std::vector<double>; ///< of one channel of one sample: its positions
using Classes = std::vector<std::vector<Feature>>;

Feature mean_of(const std::vector<Feature>& features)
{
    Feature mean(features.at(0).size(), 0.0);
    for (const Feature& feature : features)
        for (std::size_t p = 0; p < mean.size(); ++p)
            mean[p] += feature[p] / static_cast<double>(features.size());
    return mean;
}

double squared_deviation(const std::vector<Feature>& features)
{
    const Feature mean = mean_of(features);
    double sum = 0.0;
    for (const Feature& feature : features)
        for (std::size_t p = 0; p < mean.size(); ++p)
            sum += (feature[p] - mean[p]) * (feature[p] - mean[p]);
    return sum;
}

/// The definition in two passes: {between, within} of one channel.
std::pair<double, double> plain_scatter(const Classes& classes)
{
    std::vector<Feature> all;
    double within = 0.0;
    for (const auto& of_class : classes) {
        within += 2.0 * squared_deviation(of_class);
        all.insert(all.end(), of_class.begin(), of_class.end());
    }
    return { 2.0 * squared_deviation(all) - within, within };
}

} // namespace

TEST(Scatter, IsThatOfTheDefinition)
{
    constexpr std::int64_t kChannels = 3, kPositions = 7;
    Rng rng(3);
    ScatterSums sums(kChannels, kPositions);
    std::vector<Classes> by_channel(kChannels);
    for (const int samples : { 1, 5, 11 }) {
        for (Classes& classes : by_channel)
            classes.emplace_back();
        for (int n = 0; n < samples; ++n) {
            std::vector<float> frame;
            for (int k = 0; k < kChannels; ++k) {
                Feature feature;
                for (int p = 0; p < kPositions; ++p) {
                    frame.push_back(static_cast<float>(100.0 + samples * k + rng.normal()));
                    feature.push_back(frame.back());
                }
                by_channel[static_cast<std::size_t>(k)].back().push_back(feature);
            }
            sums.add(frame.data(), 1);
        }
        sums.end_class();
    }
    const Scatter scatter = sums.scatter();
    for (std::size_t k = 0; k < kChannels; ++k) {
        const auto [between, within] = plain_scatter(by_channel[k]);
        EXPECT_NEAR(scatter.between[k], between, 1e-6 * (between + within));
        EXPECT_NEAR(scatter.within[k], within, 1e-6 * (between + within));
    }
}

TEST(Scatter, AConstantChannelHasNone)
{
    ScatterSums sums(1, 2);
    const std::vector<float> same = { 0.1F, 12345.678F };
    for (int label = 0; label < 3; ++label) {
        for (int n = 0; n < 17; ++n)
            sums.add(same.data(), 1);
        sums.end_class();
    }
    EXPECT_EQ(sums.scatter().between[0], 0.0);
    EXPECT_EQ(sums.scatter().within[0], 0.0);
    EXPECT_EQ(ScatterSums(2, 3).scatter().within, (std::vector<double>{ 0.0, 0.0 }));
}

TEST(Scatter, IsMeasuredAfterNormAndActivation)
{
    const auto network = toy_network({ 2, 2, 2 });
    EXPECT_EQ(measured_node(network, "stage1.unit1.conv1"), "stage1.unit1.relu1");
    EXPECT_EQ(measured_node(network, "stage1.unit1.conv2"), "stage1.unit1.bn2"); // the sum has two inputs
    EXPECT_EQ(measured_node(network, "fc"), "fc");
}

TEST(Scatter, OfALayerIsTheSumOverTiedChannels)
{
    const auto network = toy_network({ 1, 1, 1 });
    const auto dataset = toy_dataset(60);
    const auto layers = graph::channel_layers(network);
    const auto frames = draw_per_class(dataset, dataset.indices(dataset::Split::train), 3, 1);
    const auto scatter = layer_scatter(network, layers, dataset, frames, "cpu");

    std::map<std::string, std::vector<Classes>> by_node; // [channel] of the measured node
    for (const auto& of_class : frames) {
        for (auto& [node, channels] : by_node)
            for (Classes& classes : channels)
                classes.emplace_back();
        for (const std::int64_t i : of_class) {
            const std::vector<float> frame(dataset.frame(i), dataset.frame(i) + 2 * dataset.length());
            const auto shapes = graph::infer_shapes(network);
            for (const auto& [node, values] : graph::run_reference_nodes(network, frame)) {
                const auto channels = static_cast<std::size_t>(shapes.at(node).channels);
                auto& of_node = by_node.emplace(node, std::vector<Classes>(channels, Classes(1))).first->second;
                const std::size_t positions = values.size() / channels;
                for (std::size_t c = 0; c < channels; ++c)
                    of_node[c].back().emplace_back(values.begin() + static_cast<std::ptrdiff_t>(c * positions),
                                                   values.begin() +
                                                       static_cast<std::ptrdiff_t>((c + 1) * positions));
            }
        }
    }
    for (std::size_t l = 0; l < layers.size(); ++l)
        for (std::size_t g = 0; g < layers[l].groups.size(); g += 5) {
            double between = 0.0, within = 0.0;
            for (const auto& [producer, channel] : layers[l].groups[g].members) {
                const auto of_member =
                    plain_scatter(by_node.at(measured_node(network, producer))[static_cast<std::size_t>(channel)]);
                between += of_member.first;
                within += of_member.second;
            }
            EXPECT_NEAR(scatter[l].between[g], between, 1e-4 * (between + within)) << layers[l].name;
            EXPECT_NEAR(scatter[l].within[g], within, 1e-4 * (between + within)) << layers[l].name;
        }
}

TEST(Samples, AreDrawnPerClassFromOnePart)
{
    const auto dataset = toy_dataset(200);
    const auto drawn = draw_per_class(dataset, dataset.indices(dataset::Split::train), 7, 5);
    ASSERT_EQ(drawn.size(), 3U);
    for (std::size_t c = 0; c < drawn.size(); ++c) {
        EXPECT_EQ(std::set<std::int64_t>(drawn[c].begin(), drawn[c].end()).size(), 7U);
        for (const std::int64_t i : drawn[c]) {
            EXPECT_EQ(dataset.label[static_cast<std::size_t>(i)], static_cast<std::int32_t>(c));
            EXPECT_EQ(dataset.part[static_cast<std::size_t>(i)], dataset::Split::train);
        }
    }
    EXPECT_EQ(drawn, draw_per_class(dataset, dataset.indices(dataset::Split::train), 7, 5));
    EXPECT_NE(drawn, draw_per_class(dataset, dataset.indices(dataset::Split::train), 7, 6));
    std::size_t all = 0;
    for (const auto& of_class : draw_per_class(dataset, dataset.indices(dataset::Split::train), 1'000'000, 1))
        all += of_class.size();
    EXPECT_EQ(all, dataset.indices(dataset::Split::train).size());
}

TEST(Samples, RefuseAClassWithoutFrames)
{
    auto dataset = toy_dataset(60);
    EXPECT_ERROR(draw_per_class(dataset, dataset.indices(dataset::Split::train), 1, 1),
                 "samples per class: value out of range: found 1");
    for (auto& label : dataset.label)
        label = label == 2 ? 1 : label;
    EXPECT_ERROR(draw_per_class(dataset, dataset.indices(dataset::Split::train), 5, 1),
                 "class class2: too few labeled frames: found 0");
}

namespace {

Scatter random_scatter(int channels, Rng& rng)
{
    Scatter scatter;
    for (int k = 0; k < channels; ++k) {
        const bool dead = rng.chance(0.1);
        scatter.between.push_back(dead ? 0.0 : rng.log_uniform(1e-3, 1e3));
        scatter.within.push_back(dead ? 0.0 : rng.log_uniform(1e-2, 1e4));
    }
    return scatter;
}

/// Largest ratio of all sets of a size that take channels without scatter only where others do not suffice.
double best_by_enumeration(const Scatter& scatter, int size)
{
    const auto channels = static_cast<int>(scatter.between.size());
    const auto live = static_cast<int>(
        std::count_if(scatter.within.begin(), scatter.within.end(), [](double within) { return within > 0.0; }));
    double best = 0.0;
    for (int bits = 0; bits < (1 << channels); ++bits) {
        double between = 0.0, within = 0.0;
        int count = 0, dead = 0;
        for (int k = 0; k < channels; ++k)
            if (bits & (1 << k)) {
                between += scatter.between[static_cast<std::size_t>(k)];
                within += scatter.within[static_cast<std::size_t>(k)];
                ++count;
                dead += scatter.within[static_cast<std::size_t>(k)] > 0.0 ? 0 : 1;
            }
        if (count == size && dead == std::max(0, size - live) && within > 0.0)
            best = std::max(best, between / within);
    }
    return best;
}

} // namespace

TEST(TraceRatio, IsTheLargestOfAllSetsOfItsSize)
{
    Rng rng(11);
    for (int repeat = 0; repeat < 60; ++repeat) {
        const int channels = static_cast<int>(rng.integer(1, 9));
        const Scatter scatter = random_scatter(channels, rng);
        for (int size = 1; size <= channels; ++size) {
            const TraceRatioSet found = largest_trace_ratio(scatter, size);
            ASSERT_EQ(static_cast<int>(found.set.size()), size);
            EXPECT_TRUE(std::is_sorted(found.set.begin(), found.set.end()));
            EXPECT_EQ(found.ratio, trace_ratio(scatter, found.set));
            const double best = best_by_enumeration(scatter, size);
            EXPECT_NEAR(found.ratio, best, 1e-12 * best) << "repeat " << repeat << ", size " << size;
        }
    }
}

TEST(TraceRatio, OfASetIsNotThatOfItsBestChannels)
{
    // By their own ratios channels 0 and 1 are best; together with 0, the quiet channel 2 is better than 1.
    const Scatter scatter{ { 10.0, 90.0, 0.9 }, { 10.0, 100.0, 1.1 } };
    EXPECT_EQ(largest_trace_ratio(scatter, 2).set, (std::vector<int>{ 0, 2 }));
}

TEST(TraceRatio, ConvergesInFewSteps)
{
    Rng rng(5);
    const Scatter scatter = random_scatter(4096, rng);
    for (const int size : { 1, 17, 2048, 4096 })
        EXPECT_LE(largest_trace_ratio(scatter, size).iterations, 12) << size;
}

TEST(TraceRatio, ChannelsWithoutScatterAreNoTrouble)
{
    const Scatter none{ { 0.0, 0.0, 0.0 }, { 0.0, 0.0, 0.0 } };
    EXPECT_EQ(largest_trace_ratio(none, 2).set, (std::vector<int>{ 0, 1 }));
    EXPECT_EQ(largest_trace_ratio(none, 2).ratio, 0.0);
    const Scatter perfect{ { 1.0, 2.0 }, { 1.0, 0.0 } }; // no scatter within classes
    EXPECT_EQ(largest_trace_ratio(perfect, 1).set, std::vector<int>{ 1 });
    EXPECT_TRUE(std::isfinite(largest_trace_ratio(perfect, 1).ratio));
    EXPECT_EQ(largest_trace_ratio(perfect, 2).ratio, 3.0);
}

} // namespace prunedamr::prune
