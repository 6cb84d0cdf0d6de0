// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/operations.h"

#include "prunedamr/base/error.h"
#include "prunedamr/nn/synchronised_norm.h"

namespace prunedamr::nn {
namespace {

using graph::Node;
using graph::Op;
using torch::Tensor;

constexpr double kStatisticsMomentum = 0.1;

Tensor convolve(const Node& node, const OperationTensors& t)
{
    const graph::Window& w = node.window;
    return torch::conv2d(t.inputs[0], t.weight, t.bias, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w }, { 1, 1 },
                         node.groups);
}

Tensor normalise(const Node& node, const OperationTensors& t)
{
    if (const SumOverProcesses* sum = SynchronisedNorms::present(); sum && t.training)
        return synchronised_batch_norm(t.inputs[0], t.weight, t.bias, t.running_mean, t.running_var,
                                       kStatisticsMomentum, node.epsilon, *sum);
    return torch::batch_norm(t.inputs[0], t.weight, t.bias, t.running_mean, t.running_var, t.training,
                             kStatisticsMomentum, node.epsilon, /*cudnn_enabled=*/true);
}

Tensor max_pool(const Node& node, const Tensor& x)
{
    const graph::Window& w = node.window;
    return torch::max_pool2d(x, { w.kernel_h, w.kernel_w }, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w });
}

Tensor avg_pool(const Node& node, const Tensor& x)
{
    const graph::Window& w = node.window;
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

Tensor shuffle_channels(const Node& node, const Tensor& x)
{
    const auto batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
    return x.reshape({ batch, node.groups, channels / node.groups, height, width })
        .transpose(1, 2)
        .reshape({ batch, channels, height, width });
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
        return normalise(node, t);
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
    case Op::max_pool:
        return max_pool(node, x);
    case Op::avg_pool:
        return avg_pool(node, x);
    case Op::global_avg_pool:
        return x.mean({ 2, 3 }, /*keepdim=*/true);
    case Op::pad_channels:
        return torch::constant_pad_nd(x, { 0, 0, 0, 0, 0, node.out_channels - x.size(1) });
    case Op::channel_shuffle:
        return shuffle_channels(node, x);
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
