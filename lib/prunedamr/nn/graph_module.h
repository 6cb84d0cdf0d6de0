// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/nn/native_pass.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::nn {

/// A network run by LibTorch, differentiable. It interprets the graph node by node: there is no second description.
/// It has of a `torch::nn::Module` what is needed here, without that class's headers. Weights, norms' scales and
/// biases ask for gradients; it starts in training mode.
class GraphModule
{
public:
    /// Throws `Error` when the network is not valid.
    explicit GraphModule(const graph::Network& network);
    GraphModule(GraphModule&&) = default;
    GraphModule(const GraphModule&) = delete; ///< a copy would share the weights

    void train(bool on = true) { training_ = on; } ///< decides on norm and dropout
    void eval() { train(false); }

    /// Moves weights and statistics; frames must then have the same device and type.
    void to(const at::Device& device);
    void to(const at::Device& device, at::ScalarType dtype);

    /// frames [batch, 2, length] float32 -> logits [batch, classes].
    /// In training mode batch norm updates its running statistics (momentum 0.1, unbiased variance). 1-D networks in
    /// float32 on the CPU are run by `NativePasses`, with LibTorch's results up to rounding.
    at::Tensor forward(const at::Tensor& frames);

    /// The same, and the outputs [batch, C, H, W] of the named nodes. Throws `Error` for an unknown node.
    at::Tensor forward(const at::Tensor& frames, const std::vector<std::string>& nodes,
                       std::map<std::string, at::Tensor>& outputs);

    /// The graph with this module's present weights and statistics.
    graph::Network to_network() const;

    /// Off: LibTorch computes everything.
    void use_native(bool on) { use_native_ = on; }

    /// Whether `forward` does not need LibTorch for such frames.
    bool runs_native(const at::Tensor& frames) const
    {
        return use_native_ && native_.fit(frames, tensors_, training_);
    }

    /// Overwrites weights and statistics. Throws `Error` naming a tensor that is absent or has another shape.
    void load(const std::map<std::string, graph::Tensor>& tensors);

    /// Weights and statistics by graph tensor name; they share storage with the module.
    const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }
    std::vector<at::Tensor> parameters() const; ///< those of the tensors that ask for gradients

    const graph::Network& network() const { return network_; } ///< with the weights it was built from

private:
    struct NodeStep {
        std::size_t node = 0;                     ///< index into network_.nodes; also of its value
        std::vector<std::size_t> inputs;          ///< indices of the values that it reads
        std::vector<std::size_t> release;         ///< values that no later step reads
        std::optional<graph::QuantParams> params; ///< of the value, where it is quantized
        bool int8_weights = false;
    };

    void plan_steps();
    at::Tensor run_step(const NodeStep& step, const std::vector<at::Tensor>& values) const;
    at::Tensor tensor_or_none(const std::string& name) const;

    graph::Network network_;
    std::vector<NodeStep> steps_;
    std::map<std::string, at::Tensor> tensors_;
    NativePasses native_;
    bool use_native_ = true;
    bool training_ = true;
};

/// d(of)/d(by) for each of `by`, undefined where `of` does not depend on it; `of` has one element.
std::vector<at::Tensor> gradients(const at::Tensor& of, const std::vector<at::Tensor>& by);

/// A tensor's values as the graph holds them: float32, row-major, on the CPU.
graph::Tensor to_graph_tensor(const at::Tensor& tensor);

/// "cpu" or "cuda" ("cuda:1"); throws `Error` when LibTorch has no such device.
at::Device device_from_name(const std::string& name);

} // namespace prunedamr::nn
