// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/optimizer.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/vector_clones.h"
#include "prunedamr/graph/rewrite/edits.h"
#include "prunedamr/nn/graph_module.h"

#include <torch/optim.h>

#include <torch/nn/utils/clip_grad.h> // does not include what it needs

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

namespace prunedamr::train {

std::vector<at::Tensor> trained_parameters(const nn::GraphModule& module)
{
    const auto idle = graph::redundant_biases(module.network());
    std::vector<at::Tensor> parameters;
    for (const auto& [name, tensor] : module.tensors())
        if (tensor.requires_grad() && idle.count(name) == 0)
            parameters.push_back(tensor);
    return parameters;
}

namespace {

std::unique_ptr<torch::optim::Optimizer> make_optimizer(const FitConfig& config,
                                                        const std::vector<at::Tensor>& parameters)
{
    constexpr double kMomentum = 0.9;
    if (config.optimizer == "sgd")
        return std::make_unique<torch::optim::SGD>(parameters, torch::optim::SGDOptions(config.learning_rate)
                                                                   .momentum(kMomentum)
                                                                   .nesterov(true)
                                                                   .weight_decay(config.weight_decay));
    // With no decay AdamW is Adam.
    return std::make_unique<torch::optim::AdamW>(
        parameters, torch::optim::AdamWOptions(config.learning_rate).weight_decay(config.weight_decay));
}

} // namespace

Optimizer::Optimizer(const FitConfig& config, std::vector<at::Tensor> parameters)
    : parameters_(std::move(parameters)), optimizer_(make_optimizer(config, parameters_))
{
}

Optimizer::~Optimizer() = default;

void Optimizer::set_learning_rate(double rate)
{
    for (auto& group : optimizer_->param_groups())
        group.options().set_lr(rate);
}

void Optimizer::clear_gradients()
{
    optimizer_->zero_grad();
}

void Optimizer::clip_gradient(double max_norm)
{
    torch::nn::utils::clip_grad_norm_(parameters_, max_norm);
}

namespace {

/// What a step of AdamW (Loshchilov & Hutter 2019) needs beside its tensors.
struct AdamwStep {
    float kept;                       ///< of a weight after the decay
    float beta1, rest1, beta2, rest2; ///< of the running means, and what is missing to 1
    float size, epsilon;              ///< both with the running means' corrections
};

PRUNEDAMR_VECTOR_CLONES
void adamw(const AdamwStep& step, const float* __restrict gradient, float* __restrict weight,
           float* __restrict mean, float* __restrict square, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i) {
        const float g = gradient[i];
        mean[i] = step.beta1 * mean[i] + step.rest1 * g;
        square[i] = step.beta2 * square[i] + step.rest2 * g * g;
        weight[i] = step.kept * weight[i] - step.size * mean[i] / (std::sqrt(square[i]) + step.epsilon);
    }
}

PRUNEDAMR_VECTOR_CLONES
void move_toward(const float* __restrict target, float weight, float* __restrict value, std::int64_t count)
{
    for (std::int64_t i = 0; i < count; ++i)
        value[i] += weight * (target[i] - value[i]);
}

/// Whether element i of both lies at the same place, and a loop over memory sees all.
bool same_layout(const at::Tensor& a, const at::Tensor& b)
{
    return a.is_cpu() && b.is_cpu() && a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat &&
           a.is_non_overlapping_and_dense() && a.strides() == b.strides() && a.sizes() == b.sizes();
}

torch::optim::AdamWParamState& state_of(torch::optim::Optimizer& optimizer, const at::Tensor& parameter)
{
    auto& held = optimizer.state()[c10::guts::to_string(parameter.unsafeGetTensorImpl())];
    if (!held) {
        auto fresh = std::make_unique<torch::optim::AdamWParamState>();
        fresh->step(0);
        fresh->exp_avg(at::zeros_like(parameter, at::MemoryFormat::Preserve));
        fresh->exp_avg_sq(at::zeros_like(parameter, at::MemoryFormat::Preserve));
        held = std::move(fresh);
    }
    return static_cast<torch::optim::AdamWParamState&>(*held);
}

/// LibTorch's step on LibTorch's state in one loop instead of ten. False where the tensors do not allow that.
bool adamw_step(torch::optim::Optimizer& optimizer, const std::vector<at::Tensor>& parameters)
{
    const at::NoGradGuard no_grad;
    for (const at::Tensor& parameter : parameters)
        if (parameter.grad().defined() && !same_layout(parameter, parameter.grad()))
            return false;
    const auto& options = static_cast<const torch::optim::AdamWOptions&>(optimizer.param_groups()[0].options());
    const auto [beta1, beta2] = options.betas();
    for (const at::Tensor& parameter : parameters) {
        if (!parameter.grad().defined())
            continue;
        auto& state = state_of(optimizer, parameter);
        state.step(state.step() + 1);
        const auto steps = static_cast<double>(state.step());
        const double correction = std::sqrt(1.0 - std::pow(beta2, steps));
        const AdamwStep step{ static_cast<float>(1.0 - options.lr() * options.weight_decay()),
                              static_cast<float>(beta1),
                              static_cast<float>(1.0 - beta1),
                              static_cast<float>(beta2),
                              static_cast<float>(1.0 - beta2),
                              static_cast<float>(options.lr() * correction / (1.0 - std::pow(beta1, steps))),
                              static_cast<float>(options.eps() * correction) };
        adamw(step, parameter.grad().data_ptr<float>(), parameter.data_ptr<float>(),
              state.exp_avg().data_ptr<float>(), state.exp_avg_sq().data_ptr<float>(), parameter.numel());
    }
    return true;
}

} // namespace

void Optimizer::step()
{
    const bool own = dynamic_cast<torch::optim::AdamW*>(optimizer_.get()) != nullptr;
    if (!own || !adamw_step(*optimizer_, parameters_))
        optimizer_->step();
}

std::string Optimizer::state() const
{
    torch::serialize::OutputArchive archive;
    optimizer_->save(archive);
    std::ostringstream stream;
    archive.save_to(stream);
    return stream.str();
}

void Optimizer::restore(const std::string& state, const at::Device& device)
{
    std::istringstream stream(state);
    torch::serialize::InputArchive archive;
    archive.load_from(stream, device);
    optimizer_->load(archive);
}

double learning_rate(const FitConfig& config, double epochs_done)
{
    constexpr double kFirst = 0.01;
    const double after = epochs_done - config.warmup_epochs;
    if (after < 0.0)
        return config.learning_rate * (kFirst + (1.0 - kFirst) * epochs_done / config.warmup_epochs);
    if (config.schedule == "cosine")
        return config.learning_rate * 0.5 * (1.0 + std::cos(M_PI * after / (config.epochs - config.warmup_epochs)));
    if (config.schedule == "step")
        return config.learning_rate * std::pow(config.step_factor, std::floor(after / config.step_epochs));
    return config.learning_rate;
}

WeightAverage::WeightAverage(const std::map<std::string, at::Tensor>& tensors, double decay)
    : tensors_(tensors), decay_(decay)
{
    for (const auto& [name, tensor] : tensors_)
        average_[name] = tensor.detach().clone();
}

void WeightAverage::update()
{
    const at::NoGradGuard no_grad;
    const auto n = static_cast<double>(++updates_);
    const double decay = std::min(decay_, (1.0 + n) / (10.0 + n));
    for (auto& [name, average] : average_) {
        const at::Tensor& tensor = tensors_.at(name);
        if (same_layout(average, tensor))
            move_toward(tensor.data_ptr<float>(), static_cast<float>(1.0 - decay), average.data_ptr<float>(),
                        average.numel());
        else
            average.lerp_(tensor, 1.0 - decay);
    }
}

void WeightAverage::swap()
{
    const at::NoGradGuard no_grad;
    for (auto& [name, tensor] : tensors_) {
        const at::Tensor present = tensor.clone();
        tensor.copy_(average_[name]);
        average_[name].copy_(present);
    }
}

Tensors WeightAverage::values() const
{
    Tensors values;
    for (const auto& [name, tensor] : average_)
        values[name] = nn::to_graph_tensor(tensor);
    return values;
}

void WeightAverage::restore(const Tensors& values, std::int64_t updates)
{
    for (auto& [name, tensor] : average_) {
        const auto found = values.find(name);
        if (found == values.end() || tensor.sizes() != at::IntArrayRef(found->second.shape))
            throw Error({ "damaged checkpoint: average of the weights", name, "", "" });
        at::Tensor stored = at::empty(found->second.shape, at::kFloat);
        std::memcpy(stored.data_ptr<float>(), found->second.data.data(), found->second.data.size() * sizeof(float));
        tensor.copy_(stored);
    }
    updates_ = updates;
}

} // namespace prunedamr::train
