// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/checkpoint.h"
#include "prunedamr/train/fit.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace torch::optim {
class Optimizer;
} // namespace torch::optim

namespace prunedamr::train {

/// What training changes: weights, norms' scales and biases, but `graph::redundant_biases`.
std::vector<at::Tensor> trained_parameters(const nn::GraphModule& module);

/// LibTorch's optimizer that `config.optimizer` names, over `parameters`.
class Optimizer
{
public:
    Optimizer(const FitConfig& config, std::vector<at::Tensor> parameters);
    ~Optimizer();

    void set_learning_rate(double rate);
    void clear_gradients();
    void clip_gradient(double max_norm); ///< L2 norm of the whole gradient
    void step();

    /// Everything that it remembers, in LibTorch's own form, and back.
    /// `restore` throws `c10::Error` for what is no such state.
    std::string state() const;
    void restore(const std::string& state, const at::Device& device);

private:
    std::vector<at::Tensor> parameters_;
    std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

/// The learning rate after `epochs_done` (0 <= epochs_done < epochs, with its fraction). Over the warm-up it rises
/// in a straight line from a hundredth; then, t epochs after it:
///   step      rate * step_factor^floor(t / step_epochs)
///   cosine    rate * (1 + cos(pi t / (epochs - warmup))) / 2
///   constant  rate
double learning_rate(const FitConfig& config, double epochs_done);

/// Running average of weights and batch-norm statistics: a <- a + (1 - d) (w - a) after every step, where d is the
/// decay but at most (1 + n) / (10 + n) after n steps, so that the first weights are soon forgotten.
class WeightAverage
{
public:
    /// Starts at the tensors' present values; shares their storage and must not outlive them.
    WeightAverage(const std::map<std::string, at::Tensor>& tensors, double decay);

    void update();
    void swap(); ///< exchanges average and weights; call again to have both back

    std::int64_t updates() const { return updates_; }
    Tensors values() const;
    void restore(const Tensors& values, std::int64_t updates); ///< throws `Error` for a tensor that is missing

private:
    std::map<std::string, at::Tensor> tensors_;
    std::map<std::string, at::Tensor> average_;
    double decay_;
    std::int64_t updates_ = 0;
};

} // namespace prunedamr::train
