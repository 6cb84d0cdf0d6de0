// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/operations.h"

#include "prunedamr/base/error.h"
#include "prunedamr/nn/sync_batch_norm.h"

#include <ATen/ATen.h>

namespace prunedamr::nn {
namespace {

using graph::Node;
using graph::Op;
using at::Tensor;

Tensor convolve(const Node& node, const OperationTensors& t)
{
    const graph::ConvGeometry& w = node.window;
    return at::conv2d(t.inputs[0], t.weight, t.bias, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w }, { 1, 1 },
                         node.groups);
}

Tensor normalize(const Node& node, const OperationTensors& t)
{
    if (const SumOverProcesses* sum = SyncBatchNorms::present(); sum && t.training)
        return sync_batch_norm(t.inputs[0], t.weight, t.bias, t.running_mean, t.running_var,
                                       kStatisticsMomentum, node.epsilon, *sum);
    return at::batch_norm(t.inputs[0], t.weight, t.bias, t.running_mean, t.running_var, t.training,
                             kStatisticsMomentum, node.epsilon, /*cudnn_enabled=*/true);
}

Tensor max_pool(const Node& node, const Tensor& x)
{
    const graph::ConvGeometry& w = node.window;
    return at::max_pool2d(x, { w.kernel_h, w.kernel_w }, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w });
}

Tensor avg_pool(const Node& node, const Tensor& x)
{
    const graph::ConvGeometry& w = node.window;
    return at::avg_pool2d(x, { w.kernel_h, w.kernel_w }, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w },
                             /*ceil_mode=*/false, /*count_include_pad=*/false);
}

Tensor sum(const std::vector<Tensor>& inputs)
{
    Tensor total = inputs[0];
    for (std::size_t i = 1; i < inputs.size(); ++i)
        total = total + inputs[i];
    return total;
}

Tensor shuffle(const Node& node, const Tensor& x)
{
    const int axis = node.op == Op::channel_shuffle ? 1 : 3;
    std::vector<std::int64_t> whole = x.sizes().vec();
    whole[0] = -1; // a recorded network takes any batch
    std::vector<std::int64_t> split = whole;
    split[axis] /= node.groups;
    split.insert(split.begin() + axis, node.groups);
    return x.reshape(split).transpose(axis, axis + 1).reshape(whole);
}

Tensor as_column(const Tensor& x)
{
    return x.unsqueeze(-1).unsqueeze(-1);
}

} // namespace

Tensor run_operation(const Node& node, const OperationTensors& t)
{
    const Tensor& x = t.inputs.at(0);
    switch (node.op) {
    case Op::as_image:
        return x.transpose(1, 2);
    case Op::conv:
        return convolve(node, t);
    case Op::batch_norm:
        return normalize(node, t);
    case Op::relu:
        return at::relu(x);
    case Op::sigmoid:
        return at::sigmoid(x);
    case Op::add:
        return sum(t.inputs);
    case Op::mul:
        return x * t.inputs.at(1);
    case Op::concat:
        return at::cat(t.inputs, 1);
    case Op::concat_width:
        return at::cat(t.inputs, 3);
    case Op::max_pool:
        return max_pool(node, x);
    case Op::avg_pool:
        return avg_pool(node, x);
    case Op::global_avg_pool:
        return x.mean({ 2, 3 }, /*keepdim=*/true);
    case Op::pad_channels:
        return at::constant_pad_nd(x, { 0, 0, 0, 0, 0, node.out_channels - x.size(1) });
    case Op::channel_shuffle:
    case Op::position_shuffle:
        return shuffle(node, x);
    case Op::complex_sum:
        return complex_sum(x);
    case Op::complex_norm:
        return complex_norm(node, t);
    case Op::flatten:
        return as_column(x.flatten(1));
    case Op::linear:
        return as_column(at::linear(x.flatten(1), t.weight, t.bias));
    case Op::dropout:
        return at::dropout(x, node.dropout, t.training);
    case Op::detach:
        return x.detach();
    case Op::input:
        break;
    }
    PRUNEDAMR_CHECK(false, "the input node is not an operation");
    return {};
}

namespace {

using at::Tensor;

/// PairStatistics of C pairs: mean [C, 2], covariance [C, 3] (II, QQ, IQ).
struct PairStatistics {
    Tensor mean, covariance;
};

/// Over batch and positions of I and Q [batch, C, H, W].
PairStatistics batch_statistics(const Tensor& i, const Tensor& q)
{
    const std::vector<std::int64_t> over = { 0, 2, 3 };
    const Tensor mean_i = i.mean(over, /*keepdim=*/true), mean_q = q.mean(over, /*keepdim=*/true);
    const Tensor x = i - mean_i, y = q - mean_q;
    return { at::stack({ mean_i.flatten(), mean_q.flatten() }, 1),
             at::stack({ (x * x).mean(over), (y * y).mean(over), (x * y).mean(over) }, 1) };
}

void follow(const OperationTensors& t, const PairStatistics& batch, std::int64_t count)
{
    const at::NoGradGuard no_grad;
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
    return at::stack({ i, q }, 2).reshape({ -1, x.size(1), 1, x.size(3) });
}

Tensor complex_norm(const graph::Node& node, const OperationTensors& t)
{
    const Tensor& input = t.inputs.at(0);
    const auto batch = input.size(0), pairs = input.size(1) / 2, height = input.size(2), width = input.size(3);
    const Tensor split = input.reshape({ -1, pairs, 2, height, width });
    const Tensor i = split.select(2, 0), q = split.select(2, 1);
    PairStatistics s{ t.running_mean, t.running_var };
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
    return at::stack({ w_ii * white_i + w_iq * white_q + per_channel(t.bias, 0),
                          w_iq * white_i + w_qq * white_q + per_channel(t.bias, 1) },
                        2)
        .reshape({ -1, 2 * pairs, height, width });
}

at::Tensor fake_quantize(const at::Tensor& x, const graph::QuantParams& form)
{
    return at::fake_quantize_per_tensor_affine(x, static_cast<double>(form.scale), form.zero_point, 0, 255);
}

at::Tensor fake_quantize_weight(const at::Tensor& weight)
{
    constexpr int kLargest = 127;
    const at::Tensor largest = weight.detach().abs().flatten(1).amax(1);
    const at::Tensor scale = at::where(largest > 0, largest / kLargest, at::ones_like(largest));
    return at::fake_quantize_per_channel_affine(weight, scale, at::zeros_like(scale, at::kInt), 0,
                                                   -kLargest, kLargest);
}

} // namespace prunedamr::nn
