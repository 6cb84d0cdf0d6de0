// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/loss.h"

#include "prunedamr/train/batches.h"
#include "train/toy_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

using namespace prunedamr;

TEST(Loss, CrossEntropyWithSmoothingHasItsClosedForm)
{
    const torch::Tensor logits = torch::tensor({ { 1.0, 2.0, 0.0 }, { -1.0, 0.5, 3.0 } }, torch::kFloat64);
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
    const torch::Tensor labels = torch::tensor({ 1, 0 }, torch::kInt64);
    EXPECT_NEAR(train::cross_entropy(logits, labels, smoothing).item<double>(), expected, 1e-12);
}

// d/dz of T^2 KL(p || softmax(z/T)), mean over the batch, is T (softmax(z/T) - p) / B.
TEST(Loss, DistillationGradientHasItsClosedForm)
{
    torch::manual_seed(1);
    const double temperature = 2.5;
    torch::Tensor student = torch::randn({ 4, 5 }, torch::kFloat64).requires_grad_();
    torch::Tensor teacher = torch::randn({ 4, 5 }, torch::kFloat64).requires_grad_();
    train::distillation(student, teacher, temperature).backward();
    const torch::Tensor expected =
        temperature * (torch::softmax(student / temperature, 1) - torch::softmax(teacher / temperature, 1)) / 4;
    EXPECT_TRUE(torch::allclose(student.grad(), expected, 1e-10, 1e-12));
    EXPECT_FALSE(teacher.grad().defined());
}

TEST(Loss, DistillationFromItselfIsZero)
{
    const torch::Tensor logits = torch::randn({ 3, 4 });
    EXPECT_NEAR(train::distillation(logits, logits, 2.0).item<double>(), 0.0, 1e-7);
}

TEST(Loss, L1AddsTheSignOfEveryParameter)
{
    torch::Tensor parameter = torch::tensor({ -2.0, 0.0, 3.0 }).requires_grad_();
    torch::Tensor without_gradient = torch::ones(2).requires_grad_();
    parameter.sum().backward();
    train::add_l1_gradient({ parameter, without_gradient }, 0.25);
    EXPECT_TRUE(torch::equal(parameter.grad(), torch::tensor({ 0.75, 1.0, 1.25 })));
    EXPECT_FALSE(without_gradient.grad().defined());
}

TEST(Batches, GatherCopiesFramesAndLabelsInOrder)
{
    const data::Dataset dataset = test::tones(10);
    const std::vector<std::int64_t> indices = { 7, 3, 29, 0, 11 };
    const train::Batch batch = train::gather(dataset, indices, 1, 10);
    ASSERT_EQ(batch.frames.sizes().vec(), (std::vector<std::int64_t>{ 4, 2, 32 }));
    for (int b = 0; b < 4; ++b) {
        const std::int64_t index = indices[static_cast<std::size_t>(b) + 1];
        EXPECT_EQ(batch.labels[b].item<int>(), dataset.label[static_cast<std::size_t>(index)]);
        EXPECT_TRUE(
            std::equal(dataset.frame(index), dataset.frame(index) + 64, batch.frames.data_ptr<float>() + 64 * b));
    }
    EXPECT_TRUE(torch::equal(train::labels_of(dataset, { 3, 29, 0, 11 }), batch.labels));
}

TEST(Batches, RotationTurnsEveryFrameByOneAngle)
{
    const data::Dataset dataset = test::tones(4);
    const train::Batch plain = train::gather(dataset, dataset.indices(data::Part::train), 0, 6);
    train::Batch turned = train::gather(dataset, dataset.indices(data::Part::train), 0, 6);
    Rng rng(1);
    train::rotate_phases(turned, rng);
    const auto complex_of = [](const train::Batch& batch) {
        return torch::complex(batch.frames.select(1, 0), batch.frames.select(1, 1));
    };
    const torch::Tensor turn = complex_of(turned) / complex_of(plain);
    EXPECT_TRUE(torch::allclose(turn.abs(), torch::ones({ 6, 32 }), 1e-5, 1e-5));
    EXPECT_TRUE(torch::allclose(turn, turn.slice(1, 0, 1).expand({ 6, 32 }), 1e-4, 1e-4));
    EXPECT_FALSE(torch::allclose(turn[0], turn[1]));
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
