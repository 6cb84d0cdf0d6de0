// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/native_pass.h"

#include "prunedamr/nn/native/network.h"
#include "prunedamr/nn/sync_batch_norm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace prunedamr::nn {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using NetworkPointer = std::shared_ptr<native::Network>;

native::Pass pass_over(std::int64_t frames, bool training)
{
    native::Pass pass;
    pass.frames = static_cast<std::size_t>(frames);
    pass.training = training;
    pass.parts = at::get_num_threads();
    pass.run_parts = [](int parts, const std::function<void(int)>& work) {
        at::parallel_for(0, parts, 1, [&](std::int64_t first, std::int64_t end) {
            for (std::int64_t part = first; part < end; ++part)
                work(static_cast<int>(part));
        });
    };
    pass.draw = [](double probability, float* to, std::size_t count) {
        at::from_blob(to, { static_cast<std::int64_t>(count) }).bernoulli_(1.0 - probability);
    };
    return pass;
}

/// What autograd can keep of a pass.
struct Held : torch::CustomClassHolder {
    Held(NetworkPointer given, const native::Pass& of) : network(std::move(given)), pass(of) {}
    NetworkPointer network;
    native::Pass pass;
};

class Function : public torch::autograd::Function<Function>
{
public:
    /// `parameters`: those that are wanted, in the network's order; autograd looks for tensors in lists of this
    /// type.
    static Tensor forward(AutogradContext* context, const NetworkPointer& network, const Tensor& frames,
                          bool training, at::TensorList parameters)
    {
        const native::Pass pass = pass_over(frames.size(0), training);
        const Tensor plain = frames.contiguous();
        Tensor logits = at::empty({ frames.size(0), network->classes() }, frames.options());
        network->forward(pass, plain.data_ptr<float>(), logits.data_ptr<float>());
        context->save_for_backward(parameters.vec());
        context->saved_data["held"] = c10::IValue::make_capsule(c10::make_intrusive<Held>(network, pass));
        return logits;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients)
    {
        auto& held = static_cast<Held&>(*context->saved_data["held"].toCapsule());
        const variable_list parameters = context->get_saved_variables();
        variable_list results(3); // network, frames and mode
        for (native::Parameter& parameter : held.network->parameters()) {
            if (!parameter.wanted)
                continue;
            results.push_back(at::zeros_like(parameters[results.size() - 3]));
            parameter.gradient = results.back().data_ptr<float>();
        }
        const Tensor gradient = gradients[0].contiguous();
        held.network->backward(held.pass, gradient.data_ptr<float>());
        return results;
    }
};

} // namespace

NativePasses::NativePasses(const graph::Network& network)
{
    if (NetworkPointer first = native::Network::build(network))
        free_.push_back(std::move(first));
}

bool NativePasses::fit(const Tensor& frames, const std::map<std::string, Tensor>& tensors, bool training) const
{
    const auto plain = [](const Tensor& tensor) { return tensor.is_cpu() && tensor.scalar_type() == at::kFloat; };
    return !free_.empty() && plain(frames) && frames.size(0) > 0 && !frames.requires_grad() &&
           !(training && SyncBatchNorms::present()) &&
           std::all_of(tensors.begin(), tensors.end(), [&](const auto& named) { return plain(named.second); });
}

Tensor NativePasses::operator()(const graph::Network& network, const Tensor& frames,
                                const std::map<std::string, Tensor>& tensors, bool training)
{
    const auto idle =
        std::find_if(free_.begin(), free_.end(), [](const auto& one) { return one.use_count() == 1; });
    NetworkPointer own = idle != free_.end() ? *idle : free_.emplace_back(native::Network::build(network));
    variable_list parameters;
    for (native::Parameter& parameter : own->parameters()) {
        const Tensor& tensor = tensors.at(parameter.name);
        parameter.strides = tensor.strides().vec();
        parameter.value = tensor.data_ptr<float>();
        parameter.wanted = tensor.requires_grad();
        if (parameter.wanted)
            parameters.push_back(tensor);
    }
    return Function::apply(own, frames, training, at::TensorList(parameters));
}

} // namespace prunedamr::nn
