// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::nn::native {
class Network;
} // namespace prunedamr::nn::native

namespace prunedamr::nn {

/// The passes of a network by this project's own kernels, as one function of LibTorch's autograd.
class NativePasses
{
public:
    explicit NativePasses(const graph::Network& network);

    /// Whether `native::Network` knows all of the network, and these tensors are what it reads: float32 on the CPU,
    /// of frames whose gradient nobody wants. Norms over several processes are LibTorch's.
    bool fit(const at::Tensor& frames, const std::map<std::string, at::Tensor>& tensors, bool training) const;

    /// Logits [batch, classes] of frames [batch, 2, length], differentiable by the tensors that ask for it. In
    /// training mode the running statistics among `tensors` move.
    at::Tensor operator()(const graph::Network& network, const at::Tensor& frames,
                          const std::map<std::string, at::Tensor>& tensors, bool training);

private:
    /// Each holds the activations of a batch until its graph is gone.
    std::vector<std::shared_ptr<native::Network>> free_;
};

} // namespace prunedamr::nn
