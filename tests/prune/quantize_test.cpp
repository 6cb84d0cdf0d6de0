// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/quantize.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/quantize.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/prune/features.h"
#include "prunedamr/train/evaluate.h"
#include "tests/prune/prune_testing.h"
#include "tests/support/expect_error.h"
#include "tests/train/toy_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace prunedamr;
using test::expect_error;

namespace {

/// Histogram of values as `observe` would count them.
prune::Histogram histogram_of(const std::vector<float>& values, std::size_t bins)
{
    prune::Histogram histogram;
    histogram.low = *std::min_element(values.begin(), values.end());
    histogram.high = *std::max_element(values.begin(), values.end());
    histogram.counts.assign(bins, 0);
    for (const float x : values) {
        const double place = (x - histogram.low) / (histogram.high - histogram.low) * static_cast<double>(bins);
        ++histogram.counts[std::min(bins - 1, static_cast<std::size_t>(place))];
    }
    return histogram;
}

std::vector<float> noise(std::size_t count, bool positive)
{
    Rng rng(3);
    std::vector<float> values;
    for (std::size_t i = 0; i < count; ++i) {
        const auto x = static_cast<float>(rng.normal());
        values.push_back(positive ? std::abs(x) : x);
    }
    return values;
}

double mean_squared_error(const std::vector<float>& values, const graph::QuantParams& params)
{
    double sum = 0.0;
    for (const float x : values) {
        const double error = x - graph::dequantize(graph::quantize(x, params), params);
        sum += error * error;
    }
    return sum / static_cast<double>(values.size());
}

graph::Network trained(const dataset::Dataset& dataset)
{
    train::FitConfig config;
    config.epochs = 6;
    config.batch = 32;
    config.learning_rate = 1e-2;
    config.threads = 1;
    return train::fit(test::tiny_network(), dataset, config).network;
}

} // namespace

TEST(Quantize, ARangeHoldsZeroExactly)
{
    const float ranges[][2] = {
        { 0.0F, 2.0F }, { -1.0F, 3.0F }, { 0.5F, 2.0F }, { -3.0F, -1.0F }, { -1e-3F, 1e3F }
    };
    for (const auto& range : ranges) {
        const graph::QuantParams params = prune::params_of_range(range[0], range[1]);
        EXPECT_EQ(graph::dequantize(graph::quantize(0.0F, params), params), 0.0F);
        for (const float x : range)
            EXPECT_NEAR(graph::dequantize(graph::quantize(x, params), params), x, params.scale);
        EXPECT_EQ(params.zero_point == 0, range[0] >= 0.0F || range[0] == -1e-3F);
    }
    EXPECT_EQ(prune::params_of_range(0.0F, 0.0F).scale, 1.0F);
}

TEST(Quantize, ErrorsAndQuantilesAreThoseOfTheValues)
{
    for (const bool positive : { false, true }) {
        std::vector<float> values = noise(20000, positive);
        const prune::Histogram histogram = histogram_of(values, 2048);
        EXPECT_EQ(histogram.total(), 20000);
        const graph::QuantParams params = prune::params_of_range(positive ? 0.0F : -2.0F, 2.0F);
        EXPECT_NEAR(prune::squared_error(histogram, params), mean_squared_error(values, params),
                    0.02 * mean_squared_error(values, params));
        std::sort(values.begin(), values.end());
        const float bin = (histogram.high - histogram.low) / 2048;
        for (const double fraction : { 0.001, 0.25, 0.5, 0.999 }) {
            const auto below = static_cast<std::size_t>(fraction * 20000);
            EXPECT_GE(histogram.quantile(fraction), values[below - 1] - bin);
            EXPECT_LE(histogram.quantile(fraction), values[below] + bin);
        }
        EXPECT_EQ(histogram.quantile(1.0), histogram.high);
    }
}

TEST(Quantize, TheRangeOfLeastErrorIsNoWorseThanAnyOther)
{
    std::vector<float> values = noise(20000, true);
    values.push_back(40.0F); // one outlier: the whole range would spend most steps on nothing
    const prune::Histogram histogram = histogram_of(values, 2048);
    const double lowest = prune::squared_error(histogram, prune::params_by_squared_error(histogram));
    for (int percent = 21; percent <= 100; ++percent)
        EXPECT_LE(lowest, 1.05 * prune::squared_error(
                                     histogram, prune::params_of_range(0.0F, 0.4F * static_cast<float>(percent))));
    EXPECT_LT(prune::params_by_percentile(histogram, 1e-3).scale, 5.0F / 255);
}

TEST(Quantize, ATrainedNetworkKeepsItsAccuracyAndTheReferenceAgrees)
{
    const dataset::Dataset dataset = test::tones(120);
    const graph::Network network = trained(dataset);
    const prune::QuantizeResult result = prune::quantize(network, dataset, {});
    ASSERT_FALSE(result.nodes.empty());
    EXPECT_EQ(result.network.quantized.size(), result.nodes.size());
    graph::validate(result.network);
    const double before = train::evaluate(network, dataset, dataset::Split::test).accuracy();
    EXPECT_NEAR(train::evaluate(result.network, dataset, dataset::Split::test).accuracy(), before, 0.03);
    for (const prune::QuantizedNode& node : result.nodes)
        EXPECT_TRUE(node.divergence >= 0.0 && node.divergence < 0.05) << node.node << " " << node.divergence;

    const prune::ObservedFrames frames{ dataset, { 0, 1, 2, 3, 4 } };
    const at::Tensor logits = prune::logits_of(result.network, frames);
    const std::size_t length = 2 * static_cast<std::size_t>(network.length);
    for (std::int64_t f = 0; f < 5; ++f) {
        const auto first =
            dataset.frames.begin() + static_cast<std::ptrdiff_t>(f * static_cast<std::int64_t>(length));
        const auto expected =
            graph::run_reference(result.network, { first, first + static_cast<std::ptrdiff_t>(length) });
        for (std::size_t c = 0; c < expected.size(); ++c)
            EXPECT_NEAR(logits[f][static_cast<std::int64_t>(c)].item<double>(), expected[c], 0.05);
    }
}

TEST(Quantize, CorrectedBiasesTakeUpTheMeanError)
{
    const dataset::Dataset dataset = prune::toy_dataset(400);
    graph::Network network = prune::toy_network({ 1, 1, 1 });
    for (auto& [name, tensor] : network.tensors) // coarse weights: one large value in every filter
        if (tensor.shape.size() == 4)
            for (std::size_t i = 0; i < tensor.data.size();
                 i += tensor.data.size() / static_cast<std::size_t>(tensor.shape[0]))
                tensor.data[i] = 20.0F;
    network = graph::fold_batch_norm(network);
    prune::QuantizeConfig config;
    config.frames = 256;
    const graph::Network corrected = prune::quantize(network, dataset, config).network;
    config.correct_biases = false;
    const graph::Network plain = prune::quantize(network, dataset, config).network;
    const prune::ObservedFrames frames{ dataset, prune::draw_frames(dataset, 256, config.seed) };
    int layers = 0;
    for (const graph::Node& node : network.nodes) {
        if (!node.bias || !graph::quantized_input(corrected, node))
            continue;
        ++layers;
        const at::Tensor wanted = prune::channel_means(network, frames, node.name);
        const auto error = [&](const graph::Network& of) {
            return (prune::channel_means(of, frames, node.name) - wanted).abs().max().item<double>();
        };
        EXPECT_LT(error(corrected), 1e-3 * wanted.abs().max().item<double>() + 0.5 * error(plain)) << node.name;
    }
    EXPECT_GE(layers, 5);
}

TEST(Quantize, RefusesWhatCannotBeCalibrated)
{
    const dataset::Dataset dataset = test::tones(40);
    const graph::Network network = test::tiny_network();
    prune::QuantizeConfig config;
    config.frames = 15;
    expect_error([&] { prune::quantize(network, dataset, config); }, "at least 16");
    config = {};
    config.outside = 0.5;
    expect_error([&] { prune::quantize(network, dataset, config); }, "0..0.1");
    config = {};
    config.keep_float = { "no_such_node" };
    expect_error([&] { prune::quantize(network, dataset, config); }, "no_such_node");
    expect_error([&] { prune::quantize(network, test::tones(3), {}); }, "too few training frames");
    const graph::Network quantized = prune::quantize(trained(dataset), dataset, {}).network;
    expect_error([&] { prune::quantize(quantized, dataset, {}); }, "quantized already");
}
