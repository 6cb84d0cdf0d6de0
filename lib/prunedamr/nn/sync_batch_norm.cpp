// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/sync_batch_norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace prunedamr::nn {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

thread_local const SumOverProcesses* t_present = nullptr;

/// What autograd can keep of a function.
struct HeldSum : torch::CustomClassHolder {
    explicit HeldSum(SumOverProcesses given) : sum(std::move(given)) {}
    SumOverProcesses sum;
};

struct Statistics {
    Tensor mean;
    Tensor variance; ///< biased
    double count;    ///< values per channel
};

/// [C] statistics of all processes, combined in float64: mean squares of channels far from zero cancel.
Statistics statistics_of_all(const Tensor& x, const SumOverProcesses& sum)
{
    const auto count = static_cast<double>(x.numel() / x.size(1));
    const auto [mean, variance] = at::batch_norm_update_stats(x, {}, {}, 0.0);
    const Tensor m = mean.to(at::kDouble);
    const Tensor square = variance.to(at::kDouble) + m * m;
    Tensor sums = at::cat({ count * m, count * square, at::full_like(m.slice(0, 0, 1), count) });
    sum(sums);
    const auto channels = x.size(1);
    const Tensor total = sums.slice(0, 2 * channels);
    const Tensor mean_of_all = sums.slice(0, 0, channels) / total;
    const Tensor square_of_all = sums.slice(0, channels, 2 * channels) / total;
    return { mean_of_all, (square_of_all - mean_of_all * mean_of_all).clamp_min(0.0), total.item<double>() };
}

class SyncBatchNorm : public torch::autograd::Function<SyncBatchNorm>
{
public:
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                          Tensor running_mean, Tensor running_var, double momentum, double epsilon,
                          const SumOverProcesses& sum)
    {
        const Statistics s = statistics_of_all(x, sum);
        const double unbiased = s.count / (s.count - 1.0);
        const Tensor mean = s.mean.to(running_mean.options());
        const Tensor variance = s.variance.to(running_var.options());
        running_mean.lerp_(mean, momentum);
        running_var.lerp_(variance * unbiased, momentum);
        context->save_for_backward({ x, weight, mean, variance });
        context->saved_data["count"] = s.count;
        context->saved_data["epsilon"] = epsilon;
        context->saved_data["sum"] = c10::IValue::make_capsule(c10::make_intrusive<HeldSum>(sum));
        // With the statistics known, the rest is what evaluation mode does.
        return at::batch_norm(x, weight, bias, mean, variance, /*training=*/false, 0.0, epsilon,
                                 /*cudnn_enabled=*/false);
    }

    /// With u = (x - mean) / sqrt(variance + epsilon):
    /// dL/dx = weight / sqrt(variance + epsilon) * (g - mean of all g - u * mean of all (g u)).
    static variable_list backward(AutogradContext* context, const variable_list& gradients)
    {
        const auto saved = context->get_saved_variables();
        const Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &variance = saved[3];
        const double epsilon = context->saved_data["epsilon"].toDouble();
        // dx lacks the two means; dw = sum of g u, db = sum of g.
        const auto [dx, dw, db] = at::native_batch_norm_backward(gradients[0], x, weight, mean, variance, {}, {},
                                                                 /*train=*/false, epsilon, { true, true, true });
        Tensor sums = at::stack({ dw, db }).to(at::kDouble);
        static_cast<HeldSum&>(*context->saved_data["sum"].toCapsule()).sum(sums);
        const Tensor means = sums / context->saved_data["count"].toDouble();
        const Tensor scale = (variance.to(at::kDouble) + epsilon).rsqrt();
        const Tensor slope = weight.to(at::kDouble) * scale * scale * means[0];
        const Tensor offset = weight.to(at::kDouble) * scale * means[1] - slope * mean.to(at::kDouble);
        const auto per_channel = [&](const Tensor& t) { return t.to(x.options()).view({ 1, -1, 1, 1 }); };
        dx.addcmul_(x, per_channel(slope), -1.0).sub_(per_channel(offset));
        return { dx, dw, db, {}, {}, {}, {}, {} };
    }
};

} // namespace

SyncBatchNorms::SyncBatchNorms(SumOverProcesses sum) : sum_(std::move(sum)), before_(t_present)
{
    if (sum_)
        t_present = &sum_;
}

SyncBatchNorms::~SyncBatchNorms()
{
    t_present = before_;
}

const SumOverProcesses* SyncBatchNorms::present()
{
    return t_present;
}

Tensor sync_batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor running_mean,
                               Tensor running_var, double momentum, double epsilon, const SumOverProcesses& sum)
{
    return SyncBatchNorm::apply(x, weight, bias, running_mean, running_var, momentum, epsilon, sum);
}

} // namespace prunedamr::nn
