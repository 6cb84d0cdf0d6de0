// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/edits.h"
#include "prunedamr/train/objective.h"

#include "prunedamr/graph/rewrite/rewrite.h"
#include "prunedamr/graph/zoo.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/settings.h"
#include "tests/support/expect_error.h"
#include "tests/train/toy_data.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

using namespace prunedamr;

TEST(Loss, CrossEntropyWithSmoothingHasItsClosedForm)
{
    const at::Tensor logits = at::tensor({ 1.0, 2.0, 0.0, -1.0, 0.5, 3.0 }).reshape({ 2, 3 });
    const double smoothing = 0.1;
    const int label[] = { 1, 0 };
    double expected = 0.0;
    for (int b = 0; b < 2; ++b) {
        double total = 0.0;
        for (int c = 0; c < 3; ++c)
            total += std::exp(logits[b][c].item<double>());
        for (int c = 0; c < 3; ++c) {
            const double target = (c == label[b] ? 1.0 - smoothing : 0.0) + smoothing / 3;
            expected -= target * (logits[b][c].item<double>() - std::log(total)) / 2;
        }
    }
    const at::Tensor labels = at::tensor({ 1, 0 }, at::kLong);
    EXPECT_NEAR(train::cross_entropy(logits, labels, smoothing).mean().item<double>(), expected, 1e-12);
}

// d/dz of T^2 KL(p || softmax(z/T)), mean over the batch, is T (softmax(z/T) - p) / B.
TEST(Loss, DistillationGradientHasItsClosedForm)
{
    at::manual_seed(1);
    const double temperature = 2.5;
    at::Tensor student = at::randn({ 4, 5 }, at::kDouble).requires_grad_();
    at::Tensor teacher = at::randn({ 4, 5 }, at::kDouble).requires_grad_();
    train::distillation(student, teacher, temperature).backward();
    const at::Tensor expected =
        temperature * (at::softmax(student / temperature, 1) - at::softmax(teacher / temperature, 1)) / 4;
    EXPECT_TRUE(at::allclose(student.grad(), expected, 1e-10, 1e-12));
    EXPECT_FALSE(teacher.grad().defined());
}

TEST(Loss, DistillationFromItselfIsZero)
{
    const at::Tensor logits = at::randn({ 3, 4 });
    EXPECT_NEAR(train::distillation(logits, logits, 2.0).item<double>(), 0.0, 1e-7);
}

TEST(Loss, L1AddsTheSignOfEveryParameter)
{
    at::Tensor parameter = at::tensor({ -2.0F, 0.0F, 3.0F }).requires_grad_();
    at::Tensor without_gradient = at::ones(2).requires_grad_();
    parameter.sum().backward();
    train::add_l1_gradient({ parameter, without_gradient }, 0.25);
    EXPECT_TRUE(at::equal(parameter.grad(), at::tensor({ 0.75F, 1.0F, 1.25F })));
    EXPECT_FALSE(without_gradient.grad().defined());
}

TEST(Batches, GatherCopiesFramesAndLabelsInOrder)
{
    const dataset::Dataset dataset = test::tones(10);
    const std::vector<std::int64_t> indices = { 7, 3, 29, 0, 11 };
    const train::Batch batch = train::gather(dataset, indices, 1, 10);
    ASSERT_EQ(batch.frames.sizes().vec(), (std::vector<std::int64_t>{ 4, 2, 32 }));
    for (int b = 0; b < 4; ++b) {
        const std::int64_t index = indices[static_cast<std::size_t>(b) + 1];
        EXPECT_EQ(batch.labels[b].item<int>(), dataset.label[static_cast<std::size_t>(index)]);
        EXPECT_TRUE(
            std::equal(dataset.frame(index), dataset.frame(index) + 64, batch.frames.data_ptr<float>() + 64 * b));
    }
    EXPECT_TRUE(at::equal(train::labels_of(dataset, { 3, 29, 0, 11 }), batch.labels));
}

TEST(Batches, ShuffleIsAPermutationThatFollowsTheSeed)
{
    for (const std::int64_t size : { 0, 1, 101 }) {
        std::vector<std::int64_t> indices(static_cast<std::size_t>(size));
        std::iota(indices.begin(), indices.end(), 0);
        Rng first(3), second(3);
        std::vector<std::int64_t> once = train::shuffled(indices, first);
        EXPECT_EQ(once, train::shuffled(indices, second));
        if (size > 1) {
            EXPECT_NE(once, indices);
        }
        std::sort(once.begin(), once.end());
        EXPECT_EQ(once, indices);
    }
}

TEST(Loss, ExpectedCostIsThatOfADrawnDecision)
{
    const at::Tensor logits = at::tensor({ 1.0, 2.0, 0.0, -1.0, 0.5, 3.0 }).reshape({ 2, 3 });
    const at::Tensor labels = at::tensor({ 2, 0 }, at::kLong);
    const double costs[3][3] = { { 0, 4, 1 }, { 1, 0, 2 }, { 7, 1, 0.5 } };
    const at::Tensor matrix = at::from_blob(const_cast<double*>(&costs[0][0]), { 3, 3 }, at::kDouble);
    const at::Tensor found = train::expected_cost(logits, labels, matrix);
    for (int b = 0; b < 2; ++b) {
        double total = 0.0, sum = 0.0;
        for (int c = 0; c < 3; ++c) {
            total += std::exp(logits[b][c].item<double>());
            sum += std::exp(logits[b][c].item<double>()) * costs[labels[b].item<int>()][c];
        }
        EXPECT_NEAR(found[b].item<double>(), sum / total, 1e-12);
    }
}

TEST(Loss, AttentionDistanceIsThatOfThePlainLoops)
{
    at::manual_seed(4);
    at::Tensor student = at::randn({ 3, 2, 1, 5 }, at::kDouble).requires_grad_();
    at::Tensor teacher = at::randn({ 3, 7, 1, 5 }, at::kDouble).requires_grad_();
    const auto map_of = [](const at::Tensor& x, int b) {
        std::vector<double> map(5);
        double energy = 0.0;
        for (int n = 0; n < 5; ++n) {
            for (int c = 0; c < x.size(1); ++c)
                map[static_cast<std::size_t>(n)] += std::pow(x[b][c][0][n].item<double>(), 2);
            energy += std::pow(map[static_cast<std::size_t>(n)], 2);
        }
        for (double& value : map)
            value /= std::sqrt(energy);
        return map;
    };
    double expected = 0.0;
    for (int b = 0; b < 3; ++b)
        for (std::size_t n = 0; n < 5; ++n)
            expected += std::pow(map_of(student, b)[n] - map_of(teacher, b)[n], 2) / 3;
    const at::Tensor distance = train::attention_distance(student, teacher);
    EXPECT_NEAR(distance.item<double>(), expected, 1e-12);
    distance.backward();
    EXPECT_TRUE(student.grad().defined());
    EXPECT_FALSE(teacher.grad().defined());
    EXPECT_NEAR(train::attention_distance(student, 3.0 * student).item<double>(), 0.0, 1e-12);
}

namespace {

train::Batch toy_batch(std::initializer_list<std::int64_t> labels)
{
    const dataset::Dataset dataset = test::tones(10);
    train::Batch batch = train::gather(dataset, dataset.indices(dataset::Split::train), 0, labels.size());
    batch.labels = at::tensor(std::vector<std::int64_t>(labels), at::kLong);
    return batch;
}

double loss_with(const train::FitConfig& config, const train::Batch& batch, const std::vector<double>& weights = {})
{
    train::Objective objective(test::tiny_network(), config, at::kCPU);
    if (!weights.empty())
        objective.set_class_weights(weights);
    nn::GraphModule student(test::tiny_network());
    student.eval();
    return objective(student, batch).loss.item<double>();
}

} // namespace

TEST(Objective, WeighsClassesAndAddsExpectedCost)
{
    const train::Batch both = toy_batch({ 0, 2 });
    train::Batch first{ both.frames.slice(0, 0, 1), both.labels.slice(0, 0, 1) };
    train::Batch second{ both.frames.slice(0, 1, 2), both.labels.slice(0, 1, 2) };
    train::FitConfig config;
    const double a = loss_with(config, first), b = loss_with(config, second);
    EXPECT_NEAR(loss_with(config, both), (a + b) / 2, 1e-6);
    EXPECT_NEAR(loss_with(config, both, { 3, 9, 1 }), (3 * a + b) / 4, 1e-6);
    EXPECT_NEAR(loss_with(config, both, { 1, 1, 1 }), (a + b) / 2, 1e-6);

    config.cost = metrics::CostMatrix("{}", { "class0", "class1", "class2" }, "");
    EXPECT_NEAR(loss_with(config, first), a + 1 - std::exp(-a), 1e-6); // every confusion costs 1: 1 - p(truth)
}

TEST(Objective, FramesWithoutLabelCountForTheTeacherAlone)
{
    train::FitConfig config;
    config.teacher = std::make_shared<const graph::Network>(test::tiny_network());
    config.distill.weight = 0.25;
    const train::Batch known = toy_batch({ 1, 2 }), half = toy_batch({ 1, train::kNoLabel });
    const train::Batch none = toy_batch({ train::kNoLabel, train::kNoLabel });
    const train::Batch first{ known.frames.slice(0, 0, 1), known.labels.slice(0, 0, 1) };
    EXPECT_NEAR(loss_with(config, none), 0.0, 1e-6); // the student is its teacher
    EXPECT_NEAR(loss_with(config, half), loss_with(config, first), 1e-6);
    EXPECT_GT(loss_with(config, known), 0.1);
}

/// The teacher knows the first two of three classes: it says of their frames that they are not of the third, and nothing of
/// frames that are.
TEST(Objective, ATeacherOfFewerClassesTeachesThose)
{
    train::FitConfig config;
    config.distill.weight = 1.0;
    config.distill.temperature = 1.0;
    config.teacher = std::make_shared<const graph::Network>(graph::keep_classes(test::tiny_network(), { 0, 1 }));
    const train::Batch both = toy_batch({ 0, 2 });
    const train::Batch first{ both.frames.slice(0, 0, 1), both.labels.slice(0, 0, 1) };
    const train::Batch second{ both.frames.slice(0, 1, 2), both.labels.slice(0, 1, 2) };
    nn::GraphModule student(test::tiny_network());
    student.eval();
    const auto third = at::softmax(student.forward(first.frames), 1)[0][2].item<double>();
    EXPECT_NEAR(loss_with(config, first), -std::log(1.0 - third), 1e-5); // it tells the other two apart as the student does
    config.distill.weight = 0.75;
    const train::Batch as_second{ first.frames, second.labels };
    train::FitConfig alone;
    EXPECT_NEAR(loss_with(config, as_second), loss_with(alone, as_second), 1e-6); // the label teaches, with all its weight
    EXPECT_NEAR(loss_with(config, first), 0.25 * loss_with(alone, first) - 0.75 * std::log(1.0 - third), 1e-5);
    EXPECT_NEAR(loss_with(config, both), (loss_with(config, first) + loss_with(config, second)) / 2, 1e-6);
}

/// New classes were a part of `unknown` until now: of its frames that look like one of them, nobody says which they are.
TEST(Objective, WhatWasUnknownMayBeOfANewClass)
{
    train::FitConfig config;
    config.distill.weight = 0.75;
    config.unknown_class = 1;
    config.teacher = std::make_shared<const graph::Network>(graph::keep_classes(test::tiny_network(), { 0, 1 }));
    const train::Batch batch = toy_batch({ 1 });
    const auto loss_and_odds = [&](float offset) {
        graph::Network network = test::tiny_network();
        graph::add_to_logits(network, 2, offset);
        train::Objective objective(network, config, at::kCPU);
        nn::GraphModule student(network);
        student.eval();
        const auto value = objective(student, batch);
        return std::pair(value.loss.item<double>(), at::softmax(value.logits, 1)[0]);
    };
    const auto [undecided, odds] = loss_and_odds(8.0f);
    EXPECT_NEAR(undecided, -0.25 * std::log(odds[1].item<double>() + odds[2].item<double>()), 1e-5);
    const auto [decided, usual] = loss_and_odds(-8.0f);
    EXPECT_GT(decided, -0.25 * std::log(usual[1].item<double>()) - 1e-6);
    config.unknown_class = -1;
    EXPECT_GT(loss_and_odds(8.0f).first, undecided + 1.0);
}

TEST(Objective, ARememberedTeacherSaysOfAFrameWhatItSaidBefore)
{
    const dataset::Dataset dataset = test::tones(10);
    train::FitConfig config;
    config.teacher = std::make_shared<const graph::Network>([] {
        graph::Network other = test::tiny_network();
        graph::initialize(other, 77);
        return other;
    }());
    config.distill.weight = 1.0;
    const auto indices = dataset.indices(dataset::Split::train);
    train::Batch batch = train::gather(dataset, indices, 1, 3);
    nn::GraphModule student(test::tiny_network());
    student.eval();
    train::Objective asked(test::tiny_network(), config, at::kCPU);
    const double expected = asked(student, batch).loss.item<double>();
    train::Objective remembering(test::tiny_network(), config, at::kCPU);
    remembering.remember_teacher(dataset, indices);
    EXPECT_NEAR(remembering(student, batch).loss.item<double>(), expected, 1e-6);
    EXPECT_GT(expected, 1e-4);
    batch.indices = batch.indices.flip(0); // it answers for the places, not for the samples
    EXPECT_GT(std::abs(remembering(student, batch).loss.item<double>() - expected), 1e-6);

    config.distill.once = true;
    config.distill.feature_weight = 1.0;
    EXPECT_THROW(train::check_settings(config), Error);
}

TEST(Objective, MatchesFeaturesOfStagesWithEqualPositions)
{
    graph::ZooConfig zoo;
    zoo.arch = "amr_s";
    zoo.length = 128;
    zoo.classes = 3;
    const graph::Network student = graph::make_network(zoo);
    zoo.seed = 2;
    train::FitConfig config;
    config.teacher = std::make_shared<const graph::Network>(graph::make_network(zoo));
    train::Batch batch{ at::randn({ 4, 2, 128 }), at::tensor({ 0, 1, 2, 0 }, at::kLong) };
    nn::GraphModule module(student);
    module.eval();
    const double plain = train::Objective(student, config, at::kCPU)(module, batch).loss.item<double>();
    config.distill.feature_weight = 10.0;
    EXPECT_GT(train::Objective(student, config, at::kCPU)(module, batch).loss.item<double>(), plain);
    config.teacher = std::make_shared<const graph::Network>(student);
    config.distill.weight = 1.0;
    EXPECT_NEAR(train::Objective(student, config, at::kCPU)(module, batch).loss.item<double>(), 0.0, 1e-5);
    config.teacher = std::make_shared<const graph::Network>(test::tiny_network()); // it has no stages
    test::expect_error([&] { train::Objective(student, config, at::kCPU); }, "feature_weight");
}

TEST(BatchStream, GivesEveryFrameOnceAndFollowsTheSeed)
{
    const dataset::Dataset dataset = test::tones(17); // 51 frames
    train::AugmentConfig plain;
    train::choose_augmentations(plain, { "none" });
    train::Augmenter augmenter(plain, dataset.front_end, dataset.class_names);
    train::Shard shard{ std::make_shared<const dataset::Dataset>(dataset), {}, nullptr };
    Rng rng(1);
    for (std::int64_t i = 0; i < 51; ++i)
        shard.order.push_back(50 - i);
    for (const auto& [size, batches, frames] :
         { std::array{ 10, 5, 50 }, { 25, 2, 50 }, { 17, 3, 51 }, { 64, 1, 51 } }) {
        train::BatchStream stream(shard, size, augmenter, rng);
        train::Batch batch;
        int given = 0, count = 0;
        while (stream.next(batch)) {
            EXPECT_DOUBLE_EQ(stream.fraction(), given / 51.0);
            for (std::int64_t b = 0; b < batch.labels.size(0); ++b, ++given)
                EXPECT_TRUE(std::equal(dataset.frame(50 - given), dataset.frame(50 - given) + 64,
                                       batch.frames.data_ptr<float>() + 64 * b));
            ++count;
        }
        EXPECT_EQ(count, batches);
        EXPECT_EQ(given, frames); // a last batch of one frame is left out
    }
}

TEST(BatchStream, ABatchFollowsFromSeedAndNumberAlone)
{
    const dataset::Dataset dataset = test::tones(20);
    train::AugmentConfig config;
    train::choose_augmentations(config, { "rotate", "shift", "noise" });
    train::Shard shard{ std::make_shared<const dataset::Dataset>(dataset), dataset.indices(dataset::Split::train),
                        nullptr };
    const auto third_batch = [&](std::uint64_t seed) {
        train::Augmenter augmenter(config, dataset.front_end, dataset.class_names);
        train::BatchStream stream(shard, 8, augmenter, Rng(seed));
        train::Batch batch;
        for (int i = 0; i < 3; ++i)
            EXPECT_TRUE(stream.next(batch));
        return batch.frames;
    };
    EXPECT_TRUE(at::equal(third_batch(1), third_batch(1)));
    EXPECT_FALSE(at::equal(third_batch(1), third_batch(2)));
}
