// SPDX-License-Identifier: GPL-3.0-or-later
// What a training run can be asked for beyond its defaults, and that each survives a resume.
#include "prunedamr/train/augment.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/checkpoint.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/optimizer.h"
#include "prunedamr/train/validation.h"

#include "tests/support/expect_error.h"
#include "tests/train/toy_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace prunedamr;
using test::expect_error;
using test::expect_same_weights;
using test::quick;

namespace {

std::shared_ptr<const graph::Network> toy_teacher()
{
    graph::Network teacher = test::tiny_network();
    graph::initialize(teacher, 3);
    return std::make_shared<const graph::Network>(teacher);
}

struct Variant {
    const char* name;
    void (*change)(train::FitConfig&);
};
const Variant kVariants[] = {
    { "sgd", [](train::FitConfig& c) { c.optimizer = "sgd"; } },
    { "ema", [](train::FitConfig& c) { c.ema = 0.95; } },
    { "clip", [](train::FitConfig& c) { c.clip_gradient = 0.1; } },
    { "warmup",
      [](train::FitConfig& c) {
          c.warmup_epochs = 2;
          c.schedule = "constant";
      } },
    { "patience", [](train::FitConfig& c) { c.patience = 2; } },
    { "augmented",
      [](train::FitConfig& c) {
          train::choose_augmentations(c.augment, { "rotate", "conjugate", "shift", "resample", "noise" });
      } },
    { "cost",
      [](train::FitConfig& c) {
          c.cost = metrics::CostMatrix(R"({"class0": {"class1": 5}})", { "class0", "class1", "class2" }, "");
      } },
    { "min_recall",
      [](train::FitConfig& c) { c.recall_constraints = { train::parse_recall_constraint("class1=1%") }; } },
    { "few labels",
      [](train::FitConfig& c) {
          c.frames_per_class = 5;
          c.teacher = toy_teacher();
      } },
};

train::FitConfig stopping_after(train::FitConfig config, int epochs, const std::string& checkpoint)
{
    config.epochs = epochs;
    config.checkpoint = checkpoint;
    config.resume = true;
    return config;
}

} // namespace

TEST(Recovery, AResumedRunGivesTheSameWeightsWhateverIsAskedFor)
{
    const dataset::Dataset dataset = test::tones(40, 1.5);
    for (const Variant& variant : kVariants) {
        SCOPED_TRACE(variant.name);
        train::FitConfig config = quick(6);
        variant.change(config);
        const test::TemporaryFile file("variant.ckpt");
        train::fit(test::tiny_network(), dataset, stopping_after(config, 3, file.path()));
        const auto resumed = train::fit(test::tiny_network(), dataset, stopping_after(config, 6, file.path()));
        const auto straight = train::fit(test::tiny_network(), dataset, config);
        expect_same_weights(straight.network, resumed.network);
        EXPECT_EQ(straight.epochs.size(), resumed.epochs.size());
        EXPECT_EQ(straight.epochs.back().train_loss, resumed.epochs.back().train_loss);
        EXPECT_EQ(straight.best_epoch, resumed.best_epoch);
        EXPECT_EQ(straight.stopped_early, resumed.stopped_early);
    }
}

TEST(Recovery, WhatIsAskedForChangesTheWeightsAndTheFingerprint)
{
    const dataset::Dataset dataset = test::tones(40, 1.5);
    const auto plain = train::fit(test::tiny_network(), dataset, quick(3));
    const auto plain_print = train::fingerprint(test::tiny_network(), dataset, quick(3));
    for (const Variant& variant : kVariants) {
        SCOPED_TRACE(variant.name);
        train::FitConfig config = quick(3);
        variant.change(config);
        if (variant.name == std::string("patience"))
            continue; // ends a run, does not change it
        EXPECT_NE(train::fingerprint(test::tiny_network(), dataset, config), plain_print);
        if (variant.name == std::string("min_recall"))
            continue; // so low that it is always held
        EXPECT_NE(train::fit(test::tiny_network(), dataset, config).network.tensor("fc.weight").data,
                  plain.network.tensor("fc.weight").data);
    }
}

TEST(Recovery, SgdIsNesterovsRecursion)
{
    train::FitConfig config;
    config.optimizer = "sgd";
    config.weight_decay = 0.1;
    at::Tensor p = at::tensor({ 2.0 }, at::kDouble).requires_grad_();
    train::Optimizer optimizer(config, { p });
    optimizer.set_learning_rate(0.05);
    double expected = 2.0, velocity = 0.0;
    for (int i = 0; i < 5; ++i) {
        optimizer.clear_gradients();
        p.pow(3).sum().backward();
        optimizer.step();
        const double gradient = 3 * expected * expected + 0.1 * expected;
        velocity = i == 0 ? gradient : 0.9 * velocity + gradient;
        expected -= 0.05 * (gradient + 0.9 * velocity);
        EXPECT_NEAR(p.item<double>(), expected, 1e-12);
    }
}

namespace {

/// A parameter in the layout of conv weights after steps of AdamW, halfway moved to another optimizer.
at::Tensor after_adamw(at::ScalarType type)
{
    train::FitConfig config;
    config.weight_decay = 0.1;
    config.learning_rate = 0.05;
    at::Tensor p = at::arange(30, at::TensorOptions(type)).reshape({ 2, 3, 1, 5 }).sub(14.5).div(10);
    p = p.contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
    std::string state;
    for (int half = 0; half < 2; ++half) {
        train::Optimizer optimizer(config, { p });
        if (half == 1)
            optimizer.restore(state, at::kCPU);
        for (int i = 0; i < 4; ++i) {
            optimizer.clear_gradients();
            p.pow(4).sum().backward();
            optimizer.step();
        }
        state = optimizer.state();
    }
    return p.detach().to(at::kDouble);
}

} // namespace

TEST(Recovery, AdamwOfFloatsIsLibTorchsOfDoubles)
{
    const at::Tensor own = after_adamw(at::kFloat), theirs = after_adamw(at::kDouble);
    EXPECT_TRUE(at::allclose(own, theirs, 1e-5, 1e-6)) << own.sub(theirs).abs().max().item<double>();
}

TEST(Recovery, AClippedGradientMovesSgdNoFartherThanTheBound)
{
    dataset::Dataset dataset = test::tones(40);
    train::FitConfig config = quick(1);
    config.optimizer = "sgd";
    config.clip_gradient = 1e-6;
    const graph::Network before = test::tiny_network();
    const graph::Network after = train::fit(before, dataset, config).network;
    for (const char* name : { "conv.weight", "fc.weight" })
        for (std::size_t i = 0; i < before.tensor(name).data.size(); ++i)
            EXPECT_NEAR(after.tensor(name).data[i], before.tensor(name).data[i], 1e-6);
}

TEST(WeightAverage, IsThePlainRecursionAndSwapsBack)
{
    std::map<std::string, at::Tensor> tensors{ { "w", at::tensor({ 1.0f }) } };
    train::WeightAverage average(tensors, 0.5);
    double expected = 1.0;
    for (int n = 1; n <= 20; ++n) {
        const float value = static_cast<float>(n * n);
        tensors["w"].fill_(value);
        average.update();
        const double decay = std::min(0.5, (1.0 + n) / (10.0 + n));
        expected = decay * expected + (1.0 - decay) * value;
    }
    EXPECT_NEAR(average.values().at("w").data[0], expected, 1e-3);
    average.swap();
    EXPECT_NEAR(tensors["w"].item<double>(), expected, 1e-3);
    average.swap();
    EXPECT_EQ(tensors["w"].item<double>(), 400.0);
    EXPECT_EQ(average.updates(), 20);
    expect_error([&] { average.restore({}, 1); }, "average of the weights");
}

TEST(Recovery, TheAverageIsWhatIsMeasuredAndReturned)
{
    const dataset::Dataset dataset = test::tones(60, 1.5);
    train::FitConfig config = quick(4);
    config.ema = 0.9;
    const auto result = train::fit(test::tiny_network(), dataset, config);
    EXPECT_DOUBLE_EQ(train::evaluate(result.network, dataset, dataset::Split::validation).accuracy(),
                     result.best_validation_accuracy);
    const auto plain = train::fit(test::tiny_network(), dataset, quick(4));
    EXPECT_NE(plain.network.tensor("bn.running_mean").data, result.network.tensor("bn.running_mean").data);
}

TEST(Recovery, PatienceEndsARunThatGetsNoBetter)
{
    dataset::Dataset dataset = test::tones(100, 0.1);
    for (const std::int64_t i : dataset.indices(dataset::Split::validation))
        dataset.label[static_cast<std::size_t>(i)] = (dataset.label[static_cast<std::size_t>(i)] + 1) % 3;
    train::FitConfig config = quick(50);
    config.patience = 3;
    const auto result = train::fit(test::tiny_network(), dataset, config);
    EXPECT_TRUE(result.stopped_early);
    EXPECT_LT(result.epochs.size(), 50u);
    EXPECT_EQ(static_cast<int>(result.epochs.size()), result.best_epoch + 3);
    EXPECT_FALSE(train::fit(test::tiny_network(), dataset, quick(4)).stopped_early);
}

TEST(Validation, PrefersHeldConstraintsThenCostThenAccuracy)
{
    const dataset::Dataset dataset = test::tones(20);
    train::FitConfig config;
    const auto epoch = [](double accuracy, double cost, std::vector<double> recalls) {
        train::Epoch epoch;
        epoch.validation_accuracy = accuracy;
        epoch.validation_cost = cost;
        epoch.recalls = std::move(recalls);
        return epoch;
    };
    EXPECT_TRUE(train::Validation(dataset, config, at::kCPU).better(epoch(0.9, 0, {}), epoch(0.8, 0, {})));
    config.cost = metrics::CostMatrix("{}", dataset.class_names, "");
    const train::Validation by_cost(dataset, config, at::kCPU);
    EXPECT_TRUE(by_cost.better(epoch(0.7, 0.1, {}), epoch(0.8, 0.2, {})));
    EXPECT_FALSE(by_cost.better(epoch(0.9, 0.2, {}), epoch(0.8, 0.2, {})));
    config.recall_constraints = { train::parse_recall_constraint("class0=90%") };
    const train::Validation by_recall(dataset, config, at::kCPU);
    EXPECT_TRUE(by_recall.better(epoch(0.5, 0.9, { 0.9 }), epoch(0.8, 0.1, { 0.89 })));
    EXPECT_TRUE(by_recall.better(epoch(0.5, 0.1, { 0.9 }), epoch(0.8, 0.2, { 1.0 })));
    EXPECT_TRUE(by_recall.better(epoch(0.5, 0.3, { 0.85 }), epoch(0.8, 0.2, { 0.8 })));
}

TEST(Recovery, AConstraintThatIsNotReachedIsKnownAndCheckedOnTheResult)
{
    dataset::Dataset dataset = test::tones(60, 0.3);
    for (const std::int64_t i : dataset.indices(dataset::Split::validation)) // half of class 0 is mislabeled
        if (dataset.label[static_cast<std::size_t>(i)] == 1 && i % 2 == 0)
            dataset.label[static_cast<std::size_t>(i)] = 0;
    train::FitConfig config = quick(3);
    config.recall_constraints = { train::parse_recall_constraint("class0=99%@8dB") };
    const test::TemporaryFile file("recall.ckpt");
    config.checkpoint = file.path();
    const auto result = train::fit(test::tiny_network(), dataset, config);
    const auto validation = metrics::evaluate(train::module_runner(result.network), dataset,
                                              dataset.indices(dataset::Split::validation));
    expect_error([&] { train::check_recall_constraints(config.recall_constraints, dataset, validation); },
                 "class0: recall on validation data is too low: found ");
    expect_error([&] { train::finish_model(test::model_for(result.network, dataset), dataset, config); },
                 "recall on validation data is too low");
    config.recall_constraints = { train::parse_recall_constraint("class2=50%") };
    EXPECT_NO_THROW(train::check_recall_constraints(config.recall_constraints, dataset, validation));
    config.recall_constraints = result.config.recall_constraints;
    const auto kept =
        train::read_checkpoint(file.path(), train::fingerprint(test::tiny_network(), dataset, config));
    EXPECT_EQ(kept.epochs.size(), 3u);
    ASSERT_EQ(kept.epochs[0].recalls.size(), 1u);
    EXPECT_LT(kept.epochs[0].recalls[0], 0.99);
}

TEST(Recovery, AConstraintLiftsItsClass)
{
    const dataset::Dataset dataset = test::tones(150, 4.0);
    const auto recall = [&](const train::FitConfig& config) {
        const auto result = train::fit(test::tiny_network(), dataset, config);
        return train::evaluate(result.network, dataset, dataset::Split::validation).recall_by_class()[1];
    };
    train::FitConfig config = quick(15);
    const double plain = recall(config);
    ASSERT_LT(plain, 0.85);
    config.recall_constraints = { train::parse_recall_constraint("class1=85%") };
    EXPECT_GE(recall(config), 0.85);
}

TEST(Recovery, ADearConfusionIsAvoided)
{
    const dataset::Dataset dataset = test::tones(150, 4.0);
    const auto confused = [&](const train::FitConfig& config) {
        const auto result = train::fit(test::tiny_network(), dataset, config);
        return train::evaluate(result.network, dataset, dataset::Split::test).confusion()[0][1];
    };
    train::FitConfig config = quick(10);
    const auto plain = confused(config);
    config.cost = metrics::CostMatrix(R"({"class0": {"class1": 30}})", dataset.class_names, "");
    EXPECT_LT(confused(config), plain / 2);
}

TEST(Recovery, WithCostsTheCheapestEpochIsTaken)
{
    const dataset::Dataset dataset = test::tones(60, 2.0);
    train::FitConfig config = quick(10);
    config.cost = metrics::CostMatrix(R"({"class0": {"class1": 5}})", dataset.class_names, "");
    const auto result = train::fit(test::tiny_network(), dataset, config);
    for (const train::Epoch& epoch : result.epochs)
        EXPECT_GE(epoch.validation_cost,
                  result.epochs[static_cast<std::size_t>(result.best_epoch) - 1].validation_cost);
    EXPECT_DOUBLE_EQ(config.cost.mean(train::evaluate(result.network, dataset, dataset::Split::validation)),
                     result.epochs[static_cast<std::size_t>(result.best_epoch) - 1].validation_cost);
}

TEST(TrainingFrames, FewLabelsAloneWithoutATeacherWithAllOthersWithOne)
{
    const dataset::Dataset dataset = test::tones(100); // 60 train frames of each class
    train::FitConfig config = quick(1);
    config.frames_per_class = 3;
    Rng rng(1);
    EXPECT_EQ(train::TrainingFrames(dataset, config).shard(1, 0, rng).order.size(), 9u);

    config.teacher = toy_teacher();
    const train::Shard shard = train::TrainingFrames(dataset, config).shard(1, 0, rng);
    std::map<std::int64_t, int> times;
    for (const std::int64_t index : shard.order)
        ++times[index];
    EXPECT_EQ(times.size(), 180u);
    int labeled = 0;
    for (const auto& [index, count] : times) {
        const bool has_label = (*shard.labeled)[static_cast<std::size_t>(index)];
        labeled += has_label;
        EXPECT_NEAR(count, has_label ? 2.5 : 1.0, 0.5 * has_label); // 171 / 7 = 24 of 9 frames
    }
    EXPECT_EQ(labeled, 9);
}

TEST(TrainingFrames, GeneratedOnesAllHaveLabels)
{
    train::FitConfig config = quick(1);
    config.frames_per_class = 3;
    config.generator = [](std::uint64_t) { return test::tones(10); };
    expect_error([&] { train::fit(test::tiny_network(), test::tones(10), config); },
                 "frames_per_class: generated frames all have labels");
}

TEST(Recovery, ATeacherMakesUseOfFramesWithoutLabels)
{
    const dataset::Dataset dataset = test::tones(200, 2.0);
    train::FitConfig config = quick(10);
    const auto teacher =
        std::make_shared<graph::Network>(train::fit(test::tiny_network(), dataset, config).network);
    graph::Network student = test::tiny_network();
    graph::initialize(student, 9);
    config.frames_per_class = 2;
    const double alone = train::fit(student, dataset, config).best_validation_accuracy;
    config.teacher = teacher;
    EXPECT_GT(train::fit(student, dataset, config).best_validation_accuracy, alone + 0.05);
}

TEST(Recovery, RefusesValuesOutOfRange)
{
    const dataset::Dataset dataset = test::tones(10);
    const auto refused = [&](void (*change)(train::FitConfig&), const std::string& message) {
        train::FitConfig config = quick(2);
        change(config);
        expect_error([&] { train::fit(test::tiny_network(), dataset, config); }, message);
    };
    refused([](train::FitConfig& c) { c.optimizer = "lion"; },
            "unknown optimizer: found lion, expected adamw, sgd");
    refused([](train::FitConfig& c) { c.ema = 1.0; }, "ema: value out of range: found 1, expected 0 to 0.999999");
    refused([](train::FitConfig& c) { c.warmup_epochs = 2; }, "warmup_epochs: value out of range: found 2");
    refused([](train::FitConfig& c) { c.augment.resample_ppm = 1e6; }, "resample_ppm: value out of range");
    refused([](train::FitConfig& c) { c.clip_gradient = -1; }, "clip_gradient: value out of range");
    refused([](train::FitConfig& c) { c.recall_constraints = { train::parse_recall_constraint("class7=5%") }; },
            "class7");
}
