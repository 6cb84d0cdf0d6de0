// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/operations.h"

#include "prunedamr/base/error.h"
#include "prunedamr/nn/complex_operations.h"
#include "prunedamr/nn/sync_batch_norm.h"

namespace prunedamr::nn {
namespace {

using graph::Node;
using graph::Op;
using torch::Tensor;

Tensor convolve(const Node& node, const OperationTensors& t)
{
    const graph::ConvGeometry& w = node.window;
    return torch::conv2d(t.inputs[0], t.weight, t.bias, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w }, { 1, 1 },
                         node.groups);
}

Tensor normalize(const Node& node, const OperationTensors& t)
{
    if (const SumOverProcesses* sum = SyncBatchNorms::present(); sum && t.training)
        return sync_batch_norm(t.inputs[0], t.weight, t.bias, t.running_mean, t.running_var,
                                       kStatisticsMomentum, node.epsilon, *sum);
    return torch::batch_norm(t.inputs[0], t.weight, t.bias, t.running_mean, t.running_var, t.training,
                             kStatisticsMomentum, node.epsilon, /*cudnn_enabled=*/true);
}

Tensor max_pool(const Node& node, const Tensor& x)
{
    const graph::ConvGeometry& w = node.window;
    return torch::max_pool2d(x, { w.kernel_h, w.kernel_w }, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w });
}

Tensor avg_pool(const Node& node, const Tensor& x)
{
    const graph::ConvGeometry& w = node.window;
    return torch::avg_pool2d(x, { w.kernel_h, w.kernel_w }, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w },
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
        return torch::relu(x);
    case Op::sigmoid:
        return torch::sigmoid(x);
    case Op::add:
        return sum(t.inputs);
    case Op::mul:
        return x * t.inputs.at(1);
    case Op::concat:
        return torch::cat(t.inputs, 1);
    case Op::concat_width:
        return torch::cat(t.inputs, 3);
    case Op::max_pool:
        return max_pool(node, x);
    case Op::avg_pool:
        return avg_pool(node, x);
    case Op::global_avg_pool:
        return x.mean({ 2, 3 }, /*keepdim=*/true);
    case Op::pad_channels:
        return torch::constant_pad_nd(x, { 0, 0, 0, 0, 0, node.out_channels - x.size(1) });
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
        return as_column(torch::linear(x.flatten(1), t.weight, t.bias));
    case Op::dropout:
        return torch::dropout(x, node.dropout, t.training);
    case Op::detach:
        return x.detach();
    case Op::input:
        break;
    }
    PRUNEDAMR_CHECK(false, "the input node is not an operation");
    return {};
}

} // namespace prunedamr::nn
