// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/fit.h"

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

namespace prunedamr::train {

/// What training changes: weights, norms' scales and biases, but `graph::idle_biases`.
std::vector<torch::Tensor> trained_parameters(const nn::GraphModule& module);

/// As `config.optimiser` names it, over `parameters`.
std::unique_ptr<torch::optim::Optimizer> make_optimiser(const FitConfig& config,
                                                        const std::vector<torch::Tensor>& parameters);

void set_learning_rate(torch::optim::Optimizer& optimiser, double rate);

/// Everything that an optimiser remembers, in LibTorch's own form, and back.
/// `restore` throws `c10::Error` for what is no such state.
std::string state_of(const torch::optim::Optimizer& optimiser);
void restore(torch::optim::Optimizer& optimiser, const std::string& state, const torch::Device& device);

} // namespace prunedamr::train
