// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/sync_batch_norm.h"

#include "tests/train/several_processes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace prunedamr::nn {
namespace {

using at::Tensor;

constexpr double kMomentum = 0.1, kEpsilon = 1e-5;

/// Frames of channels that lie far from zero, and what one process makes of them.
struct Case {
    explicit Case(at::ScalarType dtype)
    {
        at::manual_seed(4);
        const auto options = at::TensorOptions(dtype);
        frames =
            3.0 * at::randn({ 7, 5, 1, 11 }, options) + at::arange(5, options).view({ 1, 5, 1, 1 }) * 20.0;
        frames = frames.contiguous(at::MemoryFormat::ChannelsLast);
        weight = at::rand({ 5 }, options) + 0.5;
        bias = at::randn({ 5 }, options);
        direction = at::randn({ 7, 5, 1, 11 }, options);
    }

    struct Outcome {
        Tensor output, frames_gradient, weight_gradient, bias_gradient, running_mean, running_var;
    };

    template <class Norm> Outcome run(std::int64_t first, std::int64_t end, const Norm& norm) const
    {
        Outcome o;
        o.running_mean = at::full({ 5 }, 0.3, frames.options());
        o.running_var = at::full({ 5 }, 2.0, frames.options());
        const Tensor x = frames.slice(0, first, end).clone().requires_grad_();
        const Tensor w = weight.clone().requires_grad_(), b = bias.clone().requires_grad_();
        o.output = norm(x, w, b, o.running_mean, o.running_var);
        // Not linear in the output, so that a constant gradient does not hide a missing term.
        (o.output.pow(2) * direction.slice(0, first, end)).sum().backward();
        o.frames_gradient = x.grad(), o.weight_gradient = w.grad(), o.bias_gradient = b.grad();
        return o;
    }

    Outcome of_one_process() const
    {
        return run(0, 7, [](const Tensor& x, const Tensor& w, const Tensor& b, Tensor& mean, Tensor& var) {
            return at::batch_norm(x, w, b, mean, var, true, kMomentum, kEpsilon, false);
        });
    }

    Tensor frames, weight, bias, direction;
};

void expect_close(const Tensor& found, const Tensor& expected, double tolerance, const char* what)
{
    EXPECT_LT(((found - expected).abs().max() / expected.abs().max()).item<double>(), tolerance) << what;
}

/// The frames divided at `borders`; each process compares its part with the whole.
void expect_same(const Case& data, const std::vector<std::int64_t>& borders, double tolerance)
{
    const Case::Outcome whole = data.of_one_process();
    const int size = static_cast<int>(borders.size()) - 1;
    const auto errors = test::in_processes(size, [&](train::ProcessGroup& group) {
        const SumOverProcesses sum = [&](Tensor& t) { group.sum({ t }); };
        const auto first = borders[static_cast<std::size_t>(group.rank())];
        const auto end = borders[static_cast<std::size_t>(group.rank()) + 1];
        Case::Outcome part =
            data.run(first, end, [&](const Tensor& x, const Tensor& w, const Tensor& b, Tensor& mean, Tensor& var) {
                return sync_batch_norm(x, w, b, mean, var, kMomentum, kEpsilon, sum);
            });
        group.sum({ part.weight_gradient, part.bias_gradient });
        expect_close(part.output, whole.output.slice(0, first, end), tolerance, "output");
        expect_close(part.frames_gradient, whole.frames_gradient.slice(0, first, end), tolerance, "frames");
        expect_close(part.weight_gradient, whole.weight_gradient, tolerance, "weight");
        expect_close(part.bias_gradient, whole.bias_gradient, tolerance, "bias");
        expect_close(part.running_mean, whole.running_mean, tolerance, "running mean");
        expect_close(part.running_var, whole.running_var, tolerance, "running variance");
        group.finish();
    });
    EXPECT_EQ(errors, std::vector<std::string>(errors.size()));
}

TEST(SyncBatchNorm, IsTheNormOfAllFrames)
{
    const Case data(at::kDouble);
    expect_same(data, { 0, 7 }, 1e-10);
    expect_same(data, { 0, 4, 7 }, 1e-10);
    expect_same(data, { 0, 1, 6, 7 }, 1e-10); // some with a single frame
}

TEST(SyncBatchNorm, KeepsFloat32Precision)
{
    expect_same(Case(at::kFloat), { 0, 5, 7 }, 2e-5);
}

TEST(SyncBatchNorm, ALostProcessInBackwardEndsWithItsName)
{
    const Case data(at::kFloat);
    const auto errors = test::in_processes(2, [&](train::ProcessGroup& group) {
        const SumOverProcesses sum = [&](Tensor& t) { group.sum({ t }); };
        const Tensor x = data.frames.clone().requires_grad_();
        Tensor mean = at::zeros(5), var = at::ones(5);
        const Tensor y = sync_batch_norm(x, data.weight, data.bias, mean, var, kMomentum, kEpsilon, sum);
        if (group.is_rank0())
            y.pow(2).sum().backward();
    });
    EXPECT_EQ(errors[0].substr(0, 19), "lost process 1 of 2") << errors[0];
}

} // namespace
} // namespace prunedamr::nn
