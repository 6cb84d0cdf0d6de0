// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace prunedamr::nn {

/// Replaces a float64 tensor by its sum over all processes that train together.
using SumOverProcesses = std::function<void(at::Tensor&)>;

/// While one exists, every batch norm that this thread runs forward in training mode is a synchronized one, and so
/// is its backward, whenever that comes. Each process then runs the same passes in the same order; backward may
/// call `sum` from LibTorch's threads, one at a time. An empty `sum` changes nothing.
class SyncBatchNorms
{
public:
    explicit SyncBatchNorms(SumOverProcesses sum);
    ~SyncBatchNorms();
    SyncBatchNorms(const SyncBatchNorms&) = delete;
    SyncBatchNorms& operator=(const SyncBatchNorms&) = delete;

    static const SumOverProcesses* present(); ///< null if there is none

private:
    SumOverProcesses sum_;
    const SumOverProcesses* before_;
};

/// Batch norm in training mode over the frames of all processes together, as if one process had them all
/// (Ioffe & Szegedy 2015, with mean and variance of the union): forward sums count, mean and mean square of each
/// channel, backward the two sums over the output gradient that the input gradient needs.
/// x [batch, C, H, W], at least one value per channel here and two in all; the others [C]. Updates the running
/// statistics in place as LibTorch's batch_norm does, by `momentum` and with the unbiased variance.
/// Gradients of weight and bias are those of this process's frames: sum them like any other.
at::Tensor sync_batch_norm(const at::Tensor& x, const at::Tensor& weight,
                                      const at::Tensor& bias, at::Tensor running_mean,
                                      at::Tensor running_var, double momentum, double epsilon,
                                      const SumOverProcesses& sum);

} // namespace prunedamr::nn
