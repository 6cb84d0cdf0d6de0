// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/complex_operations.h"

namespace prunedamr::nn {
namespace {

using torch::Tensor;

/// Statistics of C pairs: mean [C, 2], covariance [C, 3] (II, QQ, IQ).
struct Statistics {
    Tensor mean, covariance;
};

/// Over batch and positions of I and Q [batch, C, H, W].
Statistics batch_statistics(const Tensor& i, const Tensor& q)
{
    const std::vector<std::int64_t> over = { 0, 2, 3 };
    const Tensor mean_i = i.mean(over, /*keepdim=*/true), mean_q = q.mean(over, /*keepdim=*/true);
    const Tensor x = i - mean_i, y = q - mean_q;
    return { torch::stack({ mean_i.flatten(), mean_q.flatten() }, 1),
             torch::stack({ (x * x).mean(over), (y * y).mean(over), (x * y).mean(over) }, 1) };
}

void follow(const OperationTensors& t, const Statistics& batch, std::int64_t count)
{
    const torch::NoGradGuard no_grad;
    const double unbiased = count > 1 ? static_cast<double>(count) / static_cast<double>(count - 1) : 1.0;
    Tensor mean = t.running_mean, covariance = t.running_var;
    mean.mul_(1.0 - kStatisticsMomentum).add_(batch.mean.detach(), kStatisticsMomentum);
    covariance.mul_(1.0 - kStatisticsMomentum).add_(batch.covariance.detach(), kStatisticsMomentum * unbiased);
}

/// Column of a [C, n] tensor, for products with [batch, C, H, W].
Tensor per_channel(const Tensor& tensor, std::int64_t column)
{
    return tensor.select(1, column).reshape({ 1, -1, 1, 1 });
}

} // namespace

Tensor complex_sum(const Tensor& x)
{
    const auto parts = x.chunk(2, 1);
    const Tensor &a = parts[0], &b = parts[1];
    const Tensor i = a.select(2, 0) - b.select(2, 1), q = a.select(2, 1) + b.select(2, 0);
    return torch::stack({ i, q }, 2).reshape({ -1, x.size(1), 1, x.size(3) });
}

Tensor complex_norm(const graph::Node& node, const OperationTensors& t)
{
    const Tensor& input = t.inputs.at(0);
    const auto batch = input.size(0), pairs = input.size(1) / 2, height = input.size(2), width = input.size(3);
    const Tensor split = input.reshape({ -1, pairs, 2, height, width });
    const Tensor i = split.select(2, 0), q = split.select(2, 1);
    Statistics s{ t.running_mean, t.running_var };
    if (t.training) {
        s = batch_statistics(i, q);
        follow(t, s, batch * height * width);
    }
    const Tensor v_ii = per_channel(s.covariance, 0) + node.epsilon;
    const Tensor v_qq = per_channel(s.covariance, 1) + node.epsilon;
    const Tensor v_iq = per_channel(s.covariance, 2);
    const Tensor root = (v_ii * v_qq - v_iq * v_iq).clamp_min(node.epsilon * node.epsilon).sqrt();
    const Tensor scale = 1.0 / (root * (v_ii + v_qq + 2.0 * root).sqrt());
    const Tensor x = i - per_channel(s.mean, 0), y = q - per_channel(s.mean, 1);
    const Tensor white_i = ((v_qq + root) * x - v_iq * y) * scale;
    const Tensor white_q = ((v_ii + root) * y - v_iq * x) * scale;
    const Tensor w_ii = per_channel(t.weight, 0), w_qq = per_channel(t.weight, 1), w_iq = per_channel(t.weight, 2);
    return torch::stack({ w_ii * white_i + w_iq * white_q + per_channel(t.bias, 0),
                          w_iq * white_i + w_qq * white_q + per_channel(t.bias, 1) },
                        2)
        .reshape({ -1, 2 * pairs, height, width });
}

} // namespace prunedamr::nn
