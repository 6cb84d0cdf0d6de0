// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <torch/torch.h>

#include <map>
#include <string>
#include <vector>

namespace prunedamr::nn {

/// A network run by LibTorch, differentiable. It interprets the graph node by node: there is no second description.
/// Parameters are registered under the graph's tensor names with '.' written as torch allows.
class GraphModule : public torch::nn::Module
{
public:
    explicit GraphModule(const graph::Network& network);

    /// frames [batch, 2, length] float32 -> logits [batch, classes]; train()/eval() decide on norm and dropout.
    torch::Tensor forward(const torch::Tensor& frames);

    /// The same, and the outputs [batch, C, H, W] of the named nodes. Throws `Error` for an unknown node.
    torch::Tensor forward(const torch::Tensor& frames, const std::vector<std::string>& nodes,
                          std::map<std::string, torch::Tensor>& outputs);

    /// The graph with this module's present weights and statistics.
    graph::Network to_network() const;

    const graph::Network& network() const { return network_; } ///< with the weights it was built from

private:
    graph::Network network_;
    std::map<std::string, torch::Tensor> tensors_; ///< by graph tensor name; shared with the registered parameters
};

/// "cpu" or "cuda" ("cuda:1"); throws `Error` when LibTorch has no such device.
torch::Device device_from_name(const std::string& name);

} // namespace prunedamr::nn
