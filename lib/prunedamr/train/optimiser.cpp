// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/optimiser.h"

#include "prunedamr/graph/idle_biases.h"

#include <sstream>

namespace prunedamr::train {

std::vector<torch::Tensor> trained_parameters(const nn::GraphModule& module)
{
    const auto idle = graph::idle_biases(module.network());
    std::vector<torch::Tensor> parameters;
    for (const auto& [name, tensor] : module.tensors())
        if (tensor.requires_grad() && idle.count(name) == 0)
            parameters.push_back(tensor);
    return parameters;
}

std::unique_ptr<torch::optim::Optimizer> make_optimiser(const FitConfig& config,
                                                        const std::vector<torch::Tensor>& parameters)
{
    constexpr double kMomentum = 0.9;
    if (config.optimiser == "sgd")
        return std::make_unique<torch::optim::SGD>(parameters, torch::optim::SGDOptions(config.learning_rate)
                                                                   .momentum(kMomentum)
                                                                   .nesterov(true)
                                                                   .weight_decay(config.weight_decay));
    // With no decay AdamW is Adam.
    return std::make_unique<torch::optim::AdamW>(
        parameters, torch::optim::AdamWOptions(config.learning_rate).weight_decay(config.weight_decay));
}

void set_learning_rate(torch::optim::Optimizer& optimiser, double rate)
{
    for (auto& group : optimiser.param_groups())
        group.options().set_lr(rate);
}

std::string state_of(const torch::optim::Optimizer& optimiser)
{
    torch::serialize::OutputArchive archive;
    optimiser.save(archive);
    std::ostringstream stream;
    archive.save_to(stream);
    return stream.str();
}

void restore(torch::optim::Optimizer& optimiser, const std::string& state, const torch::Device& device)
{
    std::istringstream stream(state);
    torch::serialize::InputArchive archive;
    archive.load_from(stream, device);
    optimiser.load(archive);
}

} // namespace prunedamr::train
