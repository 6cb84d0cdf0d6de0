// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/network_json.h"
#include "prunedamr/prune/odf2nna/odf2nna.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/network_builder.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/edits.h"
#include "prunedamr/prune/compress.h"
#include "prunedamr/prune/method_options.h"
#include "prunedamr/train/evaluate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::prune {
namespace {

using Of = OdfOptions::Of;

/// input -> flatten -> `layers` times (linear `width`, relu) -> linear.
graph::Network dense_network(int layers, int width, bool relu = true)
{
    graph::Network network;
    network.length = kToyLength;
    graph::NetworkBuilder build(network);
    auto x = build.plain(graph::Op::flatten, "flatten", { build.plain(graph::Op::input, "input", {}) });
    for (int l = 1; l <= layers; ++l) {
        build.begin_unit("layer" + std::to_string(l), 1, l > 1, l == 1);
        x = build.linear("fc", x, width);
        x = relu ? build.plain(graph::Op::relu, "relu", { x }) : x;
        build.end_unit();
    }
    build.linear("fc", x, kToyClasses);
    graph::initialize(network, 3);
    graph::validate(network);
    return network;
}

/// Noise for networks of tests/graph; two thirds train.
dataset::Dataset noise_dataset(const graph::Network& network, int frames)
{
    dataset::Dataset dataset;
    const model::ModelInfo info = model::model_of(network).info;
    dataset.front_end = info.front_end;
    dataset.class_names = info.labels;
    dataset.frames = graph::noise_frames(network, frames, 4);
    for (int i = 0; i < frames; ++i) {
        dataset.label.push_back(i % static_cast<int>(network.classes()));
        dataset.snr_db.push_back(0.0F);
        dataset.group.push_back(i);
        dataset.part.push_back(i % 3 < 2 ? dataset::Split::train : dataset::Split::validation);
    }
    return dataset;
}

std::vector<graph::Network> shapes()
{
    auto networks = graph::all_nets();
    networks.push_back(toy_network({ 2, 2, 1 }));
    networks.push_back(toy_network({ 1, 1, 1, 1 }, "amr_s"));
    networks.push_back(dense_network(2, 12));
    return networks;
}

PruneResult run_odf2nna(const graph::Network& network, const dataset::Dataset& dataset, const std::string& budget,
                        const OdfOptions& options)
{
    const Budget limits = budget.empty() ? Budget{} : parse_budget(budget, network);
    const train::FitConfig fine_tune;
    return odf2nna({ network, dataset, limits, fine_tune, 1, {} }, options);
}

/// Makes channel `channel` of a batch norm's or linear's output the same for every frame.
void still(graph::Network& network, const std::string& node, int channel, float value)
{
    graph::Tensor& weight = network.tensors.at(node + ".weight");
    const auto row = weight.data.size() / static_cast<std::size_t>(weight.shape[0]);
    std::fill_n(weight.data.begin() + static_cast<std::ptrdiff_t>(channel * row), row, 0.0F);
    network.tensors.at(node + ".bias").data[static_cast<std::size_t>(channel)] = value;
}

void expect_same_logits(const graph::Network& original, const graph::Network& pruned)
{
    const auto frames = graph::noise_frames(original, 3, 17);
    EXPECT_LT(graph::relative_error(graph::run_reference(original, frames), graph::run_reference(pruned, frames)),
              1e-5);
}

} // namespace

TEST(Variability, IsThatOfAPlainLoop)
{
    for (const graph::Network& network : shapes()) {
        const auto dataset = noise_dataset(network, 7);
        const auto nodes = graph::mixed_nodes(network);
        const auto moments = activation_moments(network, dataset, nodes, "cpu");
        const auto shape = graph::infer_shapes(network);
        ASSERT_EQ(moments.size(), nodes.size());
        std::vector<std::map<std::string, std::vector<float>>> outputs;
        for (const std::int64_t i : dataset.indices(dataset::Split::train))
            outputs.push_back(
                graph::run_reference_nodes(network, { dataset.frame(i), dataset.frame(i) + 2 * network.length }));
        for (const std::string& node : nodes)
            for (std::int64_t c = 0; c < shape.at(node).channels; ++c) {
                const std::int64_t positions = shape.at(node).height * shape.at(node).width;
                std::vector<double> values;
                for (const auto& output : outputs)
                    values.insert(values.end(), output.at(node).begin() + c * positions,
                                  output.at(node).begin() + (c + 1) * positions);
                const double count = static_cast<double>(values.size());
                const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
                double square = 0.0;
                for (const double value : values)
                    square += (value - mean) * (value - mean) / count;
                EXPECT_NEAR(moments.at(node).mean[static_cast<std::size_t>(c)], mean, 1e-4) << node << " " << c;
                EXPECT_NEAR(moments.at(node).deviation[static_cast<std::size_t>(c)], std::sqrt(square), 1e-4)
                    << node;
            }
    }
}

TEST(Variability, IsRelativeToTheLayerWhereverItIsRead)
{
    // A stage of two readers: group 0 matters at the first, group 1 at the second, group 2 nowhere much.
    const auto network = graph::residual_net();
    const auto layers = graph::channel_layers(network);
    MomentsByNode moments;
    const auto shape = graph::infer_shapes(network);
    for (const std::string& node : graph::mixed_nodes(network)) {
        const auto channels = static_cast<std::size_t>(shape.at(node).channels);
        moments[node] = { std::vector<double>(channels, 0.0), std::vector<double>(channels, 0.0) };
    }
    moments.at("stem.relu").deviation = std::vector<double>(16, 0.1);
    moments.at("stem.relu").deviation[0] = 0.4;
    moments.at("stage1.unit1.relu2").deviation = std::vector<double>(16, 1.0);
    moments.at("stage1.unit1.relu2").deviation[1] = 20.0;
    const auto relative = relative_variability(network, layers, moments);
    ASSERT_EQ(layers[0].name, "stem.conv");
    EXPECT_DOUBLE_EQ(relative[0][0], 1.0);
    EXPECT_DOUBLE_EQ(relative[0][1], 1.0);
    EXPECT_DOUBLE_EQ(relative[0][2], 0.25);
    EXPECT_DOUBLE_EQ(relative[1][0], 0.0); // nothing was measured to vary there
}

TEST(Odf2nna, StillUnitsGoAndLogitsStay)
{
    auto dense = dense_network(2, 12);
    for (const int unit : { 1, 5, 6 })
        still(dense, "layer1.fc", unit, 0.7F);
    still(dense, "layer2.fc", 11, -0.3F);
    auto shuffled = graph::shuffle_net(); // no padding at its readers: constants other than 0 are exact too
    still(shuffled, "left_bn", 1, 0.6F);
    still(shuffled, "left_bn", 3, 0.4F);
    still(shuffled, "right_bn", 1, 0.2F); // tied to the left ones by the shuffle
    still(shuffled, "right_bn", 3, -0.2F);
    still(shuffled, "hidden", 4, 0.9F);
    auto residual = toy_network({ 2, 1, 1 });
    still(residual, "stage1.unit2.bn1", 2, -0.5F);
    auto compact = toy_network({ 1, 2, 1, 1 }, "amr_s");
    still(compact, "stage2.unit2.bn1", 0, -0.5F);
    for (const auto& network : { dense, shuffled, residual, compact }) {
        SCOPED_TRACE(graph::name_of(network));
        const auto outcome = run_odf2nna(network, noise_dataset(network, 300), "", { { 0.0 }, Of::all });
        const auto pruned = graph::apply(network, outcome.plan);
        EXPECT_LT(graph::cost(pruned).params, graph::cost(network).params) << graph::name_of(network);
        expect_same_logits(network, pruned);
    }
    EXPECT_EQ(run_odf2nna(dense, noise_dataset(dense, 30), "", { { 0.0 }, Of::all })
                  .plan.keep_channels.at("layer1.fc")
                  .size(),
              9U);
}

TEST(Odf2nna, FoldingKeepsTheMeanLogitsOfALinearNetwork)
{
    const auto network = dense_network(3, 16, false);
    const auto dataset = noise_dataset(network, 40);
    const auto pruned = graph::apply(network, run_odf2nna(network, dataset, "", { { 0.9 }, Of::dense }).plan);
    EXPECT_LT(graph::cost(pruned).params, graph::cost(network).params);
    std::vector<float> before(kToyClasses, 0.0F), after = before;
    for (const std::int64_t i : dataset.indices(dataset::Split::train)) {
        const std::vector<float> frame(dataset.frame(i), dataset.frame(i) + 2 * kToyLength);
        const auto a = graph::run_reference(network, frame), b = graph::run_reference(pruned, frame);
        for (int c = 0; c < kToyClasses; ++c) {
            before[c] += a[c];
            after[c] += b[c];
        }
    }
    EXPECT_LT(graph::relative_error(before, after), 1e-4);
}

TEST(Odf2nna, BudgetFindsTheSmallestEpsilon)
{
    for (const graph::Network& network : shapes()) {
        const auto dataset = noise_dataset(network, 30);
        const train::FitConfig fine_tune;
        std::vector<std::string> budgets = { "params=60%", "macs=70%", "bytes=70%,params=80%" };
        if (network.nodes[1].name == "flatten") // once: a latency takes a third of a second to measure
            budgets.push_back("latency=1000ms,macs=80%");
        for (const std::string& text : budgets) {
            const Budget budget = parse_budget(text, network);
            const PruneContext context{ network, dataset, budget, fine_tune, 1, {} };
            const VaryingUnits units(context, Of::all);
            double smallest = 2.0;
            graph::Cost last = graph::cost(network);
            for (const double epsilon : units.steps()) {
                const auto cost = graph::cost(graph::apply(network, units.plan(epsilon)));
                EXPECT_LE(cost.macs, last.macs);
                last = cost;
                if (budget.allows(cost, network.units.size()))
                    smallest = std::min(smallest, epsilon);
            }
            if (smallest > 1.0) {
                EXPECT_ERROR(odf2nna(context, {}), "budget cannot be met");
                continue;
            }
            const PruneResult outcome = odf2nna(context, {});
            EXPECT_EQ(outcome.steps["epsilon"], smallest) << graph::name_of(network) << " " << text;
            EXPECT_TRUE(budget.met_by(graph::apply(network, outcome.plan)))
                << graph::name_of(network) << " " << text;
            EXPECT_EQ(graph::to_json(odf2nna(context, {}).plan), graph::to_json(outcome.plan));
        }
    }
}

TEST(Odf2nna, ThinsTheLayersAskedFor)
{
    const auto network = graph::shuffle_net();
    const auto dataset = noise_dataset(network, 30);
    const auto dense = run_odf2nna(network, dataset, "", { { 0.99 }, Of::dense }).plan.keep_channels;
    ASSERT_EQ(dense.size(), 1U);
    EXPECT_EQ(dense.at("hidden").size(), 1U);
    const auto channels = run_odf2nna(network, dataset, "", { { 0.99 }, Of::channels }).plan.keep_channels;
    EXPECT_EQ(channels.count("hidden"), 0U);
    EXPECT_EQ(channels.count("mix"), 1U);
    EXPECT_ERROR(run_odf2nna(toy_network({ 1, 1, 1 }), toy_dataset(40), "", { { 0.1 }, Of::dense }),
                 "nothing to prune: found no layer of two or more removable units, expected hidden linear layers");
}

TEST(Odf2nna, AnOverWideNetworkLosesMostOfItsParametersAndNoAccuracy)
{
    const auto dataset = toy_dataset(1000);
    CompressConfig config;
    config.method = "odf2nna";
    config.budget = "params=29%";
    config.chain.fine_tune.epochs = 4;
    config.chain.fine_tune.batch = 32;
    config.chain.fine_tune.threads = 1;
    const auto base = train::fit(dense_network(2, 256), dataset, config.chain.fine_tune).network;
    const double accuracy = train::evaluate(base, dataset, dataset::Split::test).accuracy();
    ASSERT_GT(accuracy, 0.95);
    std::string said;
    const auto result =
        compress(model::model_of(base), dataset, config, [&](const std::string& text) { said += text + "\n"; });
    EXPECT_GT(nlohmann::json::parse(result.report)["cost"]["cut"]["params"].get<double>(), 0.7);
    EXPECT_GE(train::evaluate(result.model, dataset, dataset::Split::test).accuracy(), accuracy);
    EXPECT_NE(said.find("is the smallest that meets the budget"), std::string::npos) << said;
}

TEST(Odf2nna, SweepShowsEveryEpsilonAndTakesTheLargestThatLosesLittle)
{
    const auto dataset = toy_dataset(600);
    train::FitConfig fit;
    fit.epochs = 3;
    fit.batch = 32;
    fit.threads = 1;
    const auto base = train::fit(dense_network(2, 64), dataset, fit).network;
    const auto outcome = run_odf2nna(base, dataset, "", { parse_epsilons("0.9,0.1,0.5"), Of::all });
    const auto& sweep = outcome.steps["sweep"];
    ASSERT_EQ(sweep.size(), 3U);
    const double lowest = outcome.steps["original"]["validation_accuracy"].get<double>() - 0.01;
    double expected = 0.1;
    for (const auto& step : sweep) {
        const auto pruned =
            graph::apply(base, run_odf2nna(base, dataset, "", { { step["epsilon"].get<double>() }, Of::all }).plan);
        EXPECT_EQ(step["params"], graph::cost(pruned).params);
        EXPECT_EQ(step["validation_accuracy"],
                  train::evaluate(pruned, dataset, dataset::Split::validation).accuracy());
        if (step["validation_accuracy"] >= lowest)
            expected = step["epsilon"];
    }
    EXPECT_EQ(outcome.steps["epsilon"], expected);
    EXPECT_NE(outcome.text.find("original"), std::string::npos);
    EXPECT_NE(outcome.text.find("0.9"), std::string::npos) << outcome.text;
}

TEST(Odf2nna, RefusesBadOptions)
{
    EXPECT_EQ(parse_epsilons("0.2,0.1,0.2"), (std::vector<double>{ 0.1, 0.2 }));
    EXPECT_EQ(parse_epsilons("sweep").size(), 8U);
    for (const char* bad : { "", "1", "-0.1", "0.1x", "0.1,,0.2", "nan" })
        EXPECT_ERROR(parse_epsilons(bad),
                     "expected a number from 0 to below 1, several joined by commas, or sweep");
    const auto network = dense_network(1, 8);
    const auto dataset = noise_dataset(network, 30);
    EXPECT_ERROR(run_odf2nna(network, dataset, "params=50%", { { 0.1 }, Of::all }),
                 "a budget and an epsilon are given");
    auto untrained = dataset;
    std::fill(untrained.part.begin(), untrained.part.end(), dataset::Split::test);
    EXPECT_ERROR(run_odf2nna(network, untrained, "", { { 0.1 }, Of::all }), "no training frames");
    CompressConfig config;
    config.budget.clear();
    config.chain.fine_tune.epochs = 0;
    const auto silent = [](const std::string&) {};
    for (const char* method : { "odf2nna", "l1" }) {
        config.method = method;
        EXPECT_ERROR(compress(model::model_of(network), dataset, config, silent), "no budget is given");
    }
    config.method = "odf2nna";
    const auto options = std::make_shared<MethodOptions>();
    options->odf2nna.epsilons = { 0.95 };
    config.chain.options = options;
    const auto result = compress(model::model_of(network), dataset, config, silent);
    EXPECT_LT(graph::cost(result.model.network).params, graph::cost(network).params);
}

} // namespace prunedamr::prune
