// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/fit.h"

#include "prunedamr/base/error.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/settings.h"
#include "tests/support/expect_error.h"
#include "tests/train/toy_data.h"

#include <gtest/gtest.h>

using namespace prunedamr;
using test::expect_error;
using test::expect_same_weights;
using test::quick;

namespace {

double l1_norm(const graph::Network& network)
{
    double sum = 0.0;
    for (const char* name : { "conv.weight", "fc.weight" })
        for (const float value : network.tensor(name).data)
            sum += std::abs(value);
    return sum;
}

} // namespace

TEST(Fit, LearnsSeparableClassesAndCountsLikeEvaluate)
{
    const dataset::Dataset dataset = test::tones(200);
    const train::FitResult result = train::fit(test::tiny_network(), dataset, quick(8));
    EXPECT_EQ(result.epochs.size(), 8u);
    EXPECT_FALSE(result.interrupted);
    EXPECT_GT(result.frames_per_s, 0.0);
    EXPECT_GT(result.best_validation_accuracy, 0.95);
    EXPECT_LT(result.epochs.back().train_loss, result.epochs.front().train_loss);
    EXPECT_GT(train::evaluate(result.network, dataset, dataset::Split::test).accuracy(), 0.95);
    EXPECT_DOUBLE_EQ(train::evaluate(result.network, dataset, dataset::Split::validation).accuracy(),
                     result.best_validation_accuracy);
}

TEST(Fit, TakesTheFirstBestEpochOnValidationData)
{
    dataset::Dataset dataset = test::tones(60, 2.0);
    const train::FitResult result = train::fit(test::tiny_network(), dataset, quick(12));
    int best = 0;
    for (const train::Epoch& epoch : result.epochs)
        if (best == 0 ||
            epoch.validation_accuracy > result.epochs[static_cast<std::size_t>(best) - 1].validation_accuracy)
            best = epoch.number;
    EXPECT_EQ(result.best_epoch, best);
    // The weights are those of a run that ended there.
    expect_same_weights(result.network, train::fit(test::tiny_network(), dataset, quick(best)).network);
}

TEST(Fit, WithWrongValidationLabelsTheEarliestEpochsWin)
{
    dataset::Dataset dataset = test::tones(100, 0.1);
    for (const std::int64_t i : dataset.indices(dataset::Split::validation))
        dataset.label[static_cast<std::size_t>(i)] = (dataset.label[static_cast<std::size_t>(i)] + 1) % 3;
    const train::FitResult result = train::fit(test::tiny_network(), dataset, quick(8));
    EXPECT_LT(result.best_epoch, 8);
    EXPECT_LT(result.epochs.back().validation_accuracy, 0.1);
}

TEST(Fit, WithoutValidationTheLastEpochCounts)
{
    dataset::Dataset dataset = test::tones(30);
    for (dataset::Split& part : dataset.part)
        part = dataset::Split::train;
    const train::FitResult result = train::fit(test::tiny_network(), dataset, quick(3));
    EXPECT_EQ(result.best_epoch, 3);
    EXPECT_EQ(result.best_validation_accuracy, 0.0);
}

TEST(Fit, NeverReadsTheTestPart)
{
    const dataset::Dataset dataset = test::tones(40);
    dataset::Dataset poisoned = dataset;
    for (const std::int64_t i : poisoned.indices(dataset::Split::test)) {
        poisoned.label[static_cast<std::size_t>(i)] = 0;
        for (int n = 0; n < 64; ++n)
            poisoned.frames[static_cast<std::size_t>(64 * i + n)] = 1e30f;
    }
    expect_same_weights(train::fit(test::tiny_network(), dataset, quick(3)).network,
                        train::fit(test::tiny_network(), poisoned, quick(3)).network);
}

TEST(Fit, SameSeedSameWeightsAndOtherSeedOtherWeights)
{
    const dataset::Dataset dataset = test::tones(40);
    train::FitConfig config = quick(3);
    const graph::Network once = train::fit(test::network_with_dropout(), dataset, config).network;
    expect_same_weights(once, train::fit(test::network_with_dropout(), dataset, config).network);
    config.seed = 2;
    EXPECT_NE(once.tensor("fc.weight").data,
              train::fit(test::network_with_dropout(), dataset, config).network.tensor("fc.weight").data);
}

TEST(Fit, TrainsWithATailOfOneFrame)
{
    dataset::Dataset dataset = test::tones(55); // 99 train frames
    train::FitConfig config = quick(2);
    config.batch = 49;
    EXPECT_EQ(train::fit(test::tiny_network(), dataset, config).epochs.size(), 2u);
}

namespace {

/// Fresh tones for every shard; `asked` collects the shard numbers.
train::FitConfig generating(int epochs, int shards, std::vector<std::uint64_t>& asked)
{
    train::FitConfig config = quick(epochs);
    config.shards_per_epoch = shards;
    config.generator = [&asked](std::uint64_t shard) {
        asked.push_back(shard);
        return test::tones(40, 0.5, 1000 + shard);
    };
    return config;
}

} // namespace

TEST(Fit, TrainsOnGeneratedPagesEachOnceAndNotOnTheTrainPart)
{
    dataset::Dataset dataset = test::tones(100);
    for (const auto index : dataset.indices(dataset::Split::train))
        dataset.label[static_cast<std::size_t>(index)] = 0; // would teach nothing
    std::vector<std::uint64_t> asked;
    const auto result = train::fit(test::tiny_network(), dataset, generating(6, 3, asked));
    std::vector<std::uint64_t> expected(18);
    for (std::size_t i = 0; i < expected.size(); ++i)
        expected[i] = i;
    EXPECT_EQ(asked, expected);
    EXPECT_GT(result.best_validation_accuracy, 0.95);
    EXPECT_GT(result.epochs.back().train_accuracy, 0.9);
}

TEST(Fit, GeneratedPagesAreTheSameAfterAResume)
{
    const dataset::Dataset dataset = test::tones(50);
    std::vector<std::uint64_t> asked;
    const auto whole = train::fit(test::tiny_network(), dataset, generating(4, 2, asked));
    const test::TemporaryFile checkpoint("pages.checkpoint");
    auto config = generating(2, 2, asked);
    config.checkpoint = checkpoint.path();
    train::fit(test::tiny_network(), dataset, config);
    asked.clear();
    config.epochs = 4;
    config.resume = true;
    const auto resumed = train::fit(test::tiny_network(), dataset, config);
    EXPECT_EQ(asked, (std::vector<std::uint64_t>{ 4, 5, 6, 7 }));
    expect_same_weights(whole.network, resumed.network);
}

TEST(Fit, RefusesGeneratedFramesThatDoNotFit)
{
    auto config = quick(1);
    config.generator = [](std::uint64_t) {
        dataset::Dataset other = test::tones(10);
        other.class_names[1] = "other";
        return other;
    };
    expect_error([&] { train::fit(test::tiny_network(), test::tones(20), config); }, "class");
    config.generator = [](std::uint64_t) -> dataset::Dataset { throw Error({ "no more", "generator", "", "" }); };
    expect_error([&] { train::fit(test::tiny_network(), test::tones(20), config); }, "generator: no more");
}

TEST(Fit, L1AndWeightDecayShrinkTheWeights)
{
    dataset::Dataset dataset = test::tones(60);
    for (dataset::Split& part : dataset.part)
        part = dataset::Split::train; // without validation the last epoch counts
    train::FitConfig config = quick(8);
    const double plain = l1_norm(train::fit(test::tiny_network(), dataset, config).network);
    config.l1_weight = 0.05;
    EXPECT_LT(l1_norm(train::fit(test::tiny_network(), dataset, config).network), 0.95 * plain);
    config.l1_weight = 0.0;
    config.weight_decay = 1.0;
    EXPECT_LT(l1_norm(train::fit(test::tiny_network(), dataset, config).network), 0.95 * plain);
}

TEST(Fit, LeavesBiasesAloneThatANormTakesAway)
{
    graph::Network network = test::tiny_network();
    network.nodes[1].bias = true;
    network.tensors["conv.bias"] = { { network.nodes[1].out_channels },
                                     std::vector<float>(static_cast<std::size_t>(network.nodes[1].out_channels),
                                                        0.25f) };
    const graph::Network trained = train::fit(network, test::tones(20), quick(3)).network;
    EXPECT_EQ(trained.tensor("conv.bias").data, network.tensor("conv.bias").data);
    EXPECT_NE(trained.tensor("conv.weight").data, network.tensor("conv.weight").data);
    EXPECT_NE(trained.tensor("fc.bias").data, network.tensor("fc.bias").data);
}

TEST(Fit, SchedulesHaveTheirClosedForms)
{
    const dataset::Dataset dataset = test::tones(10);
    train::FitConfig config = quick(5);
    config.step_epochs = 2;
    config.step_factor = 0.5;
    auto epochs = train::fit(test::tiny_network(), dataset, config).epochs;
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_DOUBLE_EQ(epochs[i].learning_rate, 1e-2 * std::pow(0.5, i / 2));
    config.schedule = "cosine";
    epochs = train::fit(test::tiny_network(), dataset, config).epochs;
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_DOUBLE_EQ(epochs[i].learning_rate, 0.5e-2 * (1.0 + std::cos(M_PI * static_cast<double>(i) / 5)));
}

TEST(Fit, DistilsFromATeacherWithoutUsefulLabels)
{
    const dataset::Dataset dataset = test::tones(100);
    train::FitConfig config = quick(20);
    config.teacher = std::make_shared<graph::Network>(train::fit(test::tiny_network(), dataset, config).network);
    config.distill.weight = 1.0;
    dataset::Dataset unlabeled = dataset;
    for (const std::int64_t i : unlabeled.indices(dataset::Split::train))
        unlabeled.label[static_cast<std::size_t>(i)] = 0;
    graph::Network student = test::tiny_network();
    graph::initialize(student, 9);
    EXPECT_GT(train::fit(student, unlabeled, config).best_validation_accuracy, 0.9);
}

TEST(Fit, OfAModelIsThatOfItsNetworkAndItsResultForgetsWhatIsNoLongerTrue)
{
    const dataset::Dataset dataset = test::tones(10);
    model::Model model = test::model_for(test::tiny_network(), dataset);
    model.info.accuracy = R"({"accuracy":0.5})";
    model.golden.input.assign(64, 0.0f);
    model.golden.logits.assign(3, 0.0f);
    const graph::Network trained = train::fit(model, dataset, quick(1)).network;
    const graph::Network same = train::fit(model.network, dataset, quick(1)).network;
    EXPECT_EQ(trained.tensor("fc.weight").data, same.tensor("fc.weight").data);
    const model::Model result = model::with_network(model, trained);
    EXPECT_EQ(result.info.accuracy, "{}");
    EXPECT_TRUE(result.golden.input.empty());
    std::swap(model.info.labels[0], model.info.labels[1]);
    expect_error([&] { train::fit(model, dataset, quick(1)); }, "class names differs");
}

TEST(Fit, StopsAtALossThatIsNotFinite)
{
    const dataset::Dataset dataset = test::tones(40);
    const graph::Network network = test::overflowing_network();
    expect_error([&] { train::fit(network, dataset, quick(3)); }, "epoch 1, batch 1: the loss is not finite");
}

TEST(Fit, RefusesValuesOutOfRange)
{
    const dataset::Dataset dataset = test::tones(10);
    const auto refused = [&](void (*change)(train::FitConfig&), const std::string& message) {
        train::FitConfig config = quick(1);
        change(config);
        expect_error([&] { train::fit(test::tiny_network(), dataset, config); }, message);
    };
    refused([](train::FitConfig& c) { c.epochs = 0; }, "epochs: value out of range");
    refused([](train::FitConfig& c) { c.batch = 1; }, "batch: value out of range");
    refused([](train::FitConfig& c) { c.learning_rate = NAN; }, "learning_rate: value out of range");
    refused([](train::FitConfig& c) { c.label_smoothing = 0.6; }, "label_smoothing: value out of range");
    refused([](train::FitConfig& c) { c.distill.weight = -0.1; }, "distill_weight: value out of range");
    refused([](train::FitConfig& c) { c.schedule = "poly"; }, "expected step, cosine, constant");
    refused([](train::FitConfig& c) { c.device = "abacus"; }, "expected cpu, cuda or cuda:N");
}

TEST(Fit, RefusesDataThatDoesNotFitAndTooFewFrames)
{
    dataset::Dataset dataset = test::tones(10);
    for (dataset::Split& part : dataset.part)
        part = dataset::Split::test;
    expect_error([&] { train::fit(test::tiny_network(), dataset, quick(1)); }, "too few frames in the train part");
    expect_error([&] { train::fit(test::tiny_network(64), test::tones(10), quick(1)); }, "frame length differs");
    train::FitConfig config = quick(1);
    config.teacher = std::make_shared<graph::Network>(test::tiny_network(32, 4));
    expect_error([&] { train::fit(test::tiny_network(), test::tones(10), config); }, "number of classes differs");
}

TEST(Fit, ResultAsJsonHoldsHistoryAndConfig)
{
    const train::FitResult result = train::fit(test::tiny_network(), test::tones(10), quick(2));
    const nlohmann::json json = train::to_json(result);
    ASSERT_EQ(json.at("epochs").size(), 2u);
    EXPECT_EQ(json.at("epochs")[1].at("epoch"), 2);
    EXPECT_EQ(json.at("epochs")[1].at("train_loss"), result.epochs[1].train_loss);
    EXPECT_EQ(json.at("best_epoch"), result.best_epoch);
    EXPECT_EQ(json.at("config").at("batch"), 32);
    EXPECT_EQ(json.at("interrupted"), false);
}
