// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <torch/torch.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::nn {

/// A network run by LibTorch, differentiable. It interprets the graph node by node: there is no second description.
/// Parameters and buffers are registered under the graph's tensor names with '.' written '/', which LibTorch
/// allows. `to(device)` and `to(dtype)` work as for any module; frames must then have the same device and type.
class GraphModule : public torch::nn::Module
{
public:
    /// Throws `Error` when the network is not valid.
    explicit GraphModule(const graph::Network& network);

    /// frames [batch, 2, length] float32 -> logits [batch, classes]; train()/eval() decide on norm and dropout.
    /// In training mode batch norm updates its running statistics (momentum 0.1, unbiased variance).
    torch::Tensor forward(const torch::Tensor& frames);

    /// The same, and the outputs [batch, C, H, W] of the named nodes. Throws `Error` for an unknown node.
    torch::Tensor forward(const torch::Tensor& frames, const std::vector<std::string>& nodes,
                          std::map<std::string, torch::Tensor>& outputs);

    /// The graph with this module's present weights and statistics.
    graph::Network to_network() const;

    /// Overwrites weights and statistics. Throws `Error` naming a tensor that is absent or has another shape.
    void load(const std::map<std::string, graph::Tensor>& tensors);

    /// Weights and statistics by graph tensor name; they share storage with the registered parameters.
    const std::map<std::string, torch::Tensor>& tensors() const { return tensors_; }

    const graph::Network& network() const { return network_; } ///< with the weights it was built from

private:
    struct Step {
        std::size_t node = 0;                   ///< index into network_.nodes; also of its value
        std::vector<std::size_t> inputs;        ///< indices of the values that it reads
        std::vector<std::size_t> release;       ///< values that no later step reads
        std::optional<graph::QuantParams> form; ///< of the value, where it is quantized
        bool whole_weights = false;
    };

    void plan_steps();
    torch::Tensor run_step(const Step& step, const std::vector<torch::Tensor>& values) const;
    torch::Tensor tensor_or_none(const std::string& name) const;

    graph::Network network_;
    std::vector<Step> steps_;
    std::map<std::string, torch::Tensor> tensors_;
};

/// A tensor's values as the graph holds them: float32, row-major, on the CPU.
graph::Tensor to_graph_tensor(const torch::Tensor& tensor);

/// "cpu" or "cuda" ("cuda:1"); throws `Error` when LibTorch has no such device.
torch::Device device_from_name(const std::string& name);

} // namespace prunedamr::nn
