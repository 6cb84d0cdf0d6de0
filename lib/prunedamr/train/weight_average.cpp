// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/weight_average.h"

#include "prunedamr/base/error.h"
#include "prunedamr/nn/graph_module.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::train {

WeightAverage::WeightAverage(const std::map<std::string, torch::Tensor>& tensors, double decay)
    : tensors_(tensors), decay_(decay)
{
    for (const auto& [name, tensor] : tensors_)
        average_[name] = tensor.detach().clone();
}

void WeightAverage::update()
{
    const torch::NoGradGuard no_grad;
    const auto n = static_cast<double>(++updates_);
    const double decay = std::min(decay_, (1.0 + n) / (10.0 + n));
    for (const auto& [name, tensor] : tensors_)
        average_[name].lerp_(tensor, 1.0 - decay);
}

void WeightAverage::swap()
{
    const torch::NoGradGuard no_grad;
    for (auto& [name, tensor] : tensors_) {
        const torch::Tensor present = tensor.clone();
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
        torch::Tensor stored = torch::empty(found->second.shape, torch::kFloat32);
        std::memcpy(stored.data_ptr<float>(), found->second.data.data(), found->second.data.size() * sizeof(float));
        tensor.copy_(stored);
    }
    updates_ = updates;
}

} // namespace prunedamr::train
