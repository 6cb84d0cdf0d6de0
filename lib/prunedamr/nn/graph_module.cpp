// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/graph_module.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/quantize.h"
#include "prunedamr/nn/operations.h"
#include "prunedamr/nn/fake_quant.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::nn {
namespace {

std::string registered_name(std::string name)
{
    std::replace(name.begin(), name.end(), '.', '/');
    return name;
}

bool is_statistic(const std::string& name)
{
    const std::string part = name.substr(name.rfind('.') + 1);
    return part == "running_mean" || part == "running_var";
}

torch::Tensor from_graph_tensor(const graph::Tensor& tensor)
{
    torch::Tensor copy = torch::empty(tensor.shape, torch::kFloat32);
    std::memcpy(copy.data_ptr<float>(), tensor.data.data(), tensor.data.size() * sizeof(float));
    // Channels last trains about 1.5 times as fast on a CPU; convs pass the layout of their weights on.
    return copy.dim() == 4 ? copy.contiguous(torch::MemoryFormat::ChannelsLast) : copy;
}

std::string shape_text(at::IntArrayRef shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i ? ", " : "") + std::to_string(shape[i]);
    return text + "]";
}

} // namespace

GraphModule::GraphModule(const graph::Network& network) : network_(network)
{
    graph::validate(network_);
    for (const auto& [name, tensor] : network_.tensors) {
        const torch::Tensor values = from_graph_tensor(tensor);
        tensors_[name] = is_statistic(name) ? register_buffer(registered_name(name), values)
                                            : register_parameter(registered_name(name), values);
    }
    plan_steps();
}

void GraphModule::plan_steps()
{
    std::map<std::string, std::size_t> index;
    std::map<std::size_t, std::size_t> last_reader;
    for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
        const graph::Node& node = network_.nodes[i];
        Step step;
        step.node = i;
        for (const std::string& input : node.inputs) {
            step.inputs.push_back(index.at(input));
            last_reader[index.at(input)] = i;
        }
        index[node.name] = i;
        if (const auto form = network_.quantized.find(node.name); form != network_.quantized.end())
            step.form = form->second;
        const bool filters = node.op == graph::Op::conv || node.op == graph::Op::linear;
        step.whole_weights = filters && graph::quantized_input(network_, node);
        steps_.push_back(std::move(step));
    }
    for (const auto& [value, reader] : last_reader)
        steps_[reader].release.push_back(value);
}

torch::Tensor GraphModule::tensor_or_none(const std::string& name) const
{
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? torch::Tensor() : found->second;
}

torch::Tensor GraphModule::run_step(const Step& step, const std::vector<torch::Tensor>& values) const
{
    const graph::Node& node = network_.nodes[step.node];
    OperationTensors tensors;
    tensors.training = is_training();
    for (const std::size_t input : step.inputs)
        tensors.inputs.push_back(values[input]);
    tensors.weight = tensor_or_none(node.name + ".weight");
    if (step.whole_weights)
        tensors.weight = fake_quantize_weight(tensors.weight);
    tensors.bias = tensor_or_none(node.name + ".bias");
    tensors.running_mean = tensor_or_none(node.name + ".running_mean");
    tensors.running_var = tensor_or_none(node.name + ".running_var");
    torch::Tensor output = run_operation(node, tensors);
    return step.form ? in_8_bits(output, *step.form) : output;
}

torch::Tensor GraphModule::forward(const torch::Tensor& frames)
{
    std::map<std::string, torch::Tensor> none;
    return forward(frames, {}, none);
}

torch::Tensor GraphModule::forward(const torch::Tensor& frames, const std::vector<std::string>& nodes,
                                   std::map<std::string, torch::Tensor>& outputs)
{
    if (frames.dim() != 3 || frames.size(1) != 2 || frames.size(2) != network_.length)
        throw Error({ "frames have the wrong shape", "frames", shape_text(frames.sizes()),
                      "[batch, 2, " + std::to_string(network_.length) + "]" });
    for (const std::string& name : nodes)
        network_.node(name);

    std::vector<torch::Tensor> values(steps_.size());
    values[0] = frames.unsqueeze(2).contiguous(torch::MemoryFormat::ChannelsLast);
    for (const Step& step : steps_) {
        if (step.node > 0)
            values[step.node] = run_step(step, values);
        const std::string& name = network_.nodes[step.node].name;
        if (std::find(nodes.begin(), nodes.end(), name) != nodes.end())
            outputs[name] = values[step.node];
        for (const std::size_t value : step.release)
            values[value] = torch::Tensor();
    }
    return values.back().flatten(1);
}

graph::Network GraphModule::to_network() const
{
    graph::Network network = network_;
    for (const auto& [name, tensor] : tensors_)
        network.tensors[name] = to_graph_tensor(tensor);
    return network;
}

void GraphModule::load(const std::map<std::string, graph::Tensor>& tensors)
{
    const torch::NoGradGuard no_grad;
    for (auto& [name, tensor] : tensors_) {
        const auto found = tensors.find(name);
        if (found == tensors.end())
            throw Error({ "missing tensor", name, "", shape_text(tensor.sizes()) });
        if (tensor.sizes() != at::IntArrayRef(found->second.shape))
            throw Error({ "tensor has the wrong shape", name, shape_text(found->second.shape),
                          shape_text(tensor.sizes()) });
        tensor.copy_(from_graph_tensor(found->second));
    }
}

graph::Tensor to_graph_tensor(const torch::Tensor& tensor)
{
    const torch::Tensor plain = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
    graph::Tensor result;
    result.shape = plain.sizes().vec();
    result.data.assign(plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel());
    return result;
}

torch::Device device_from_name(const std::string& name)
{
    const bool cuda = name == "cuda" || name.rfind("cuda:", 0) == 0;
    if (name != "cpu" && !cuda)
        throw Error({ "unknown device", "device", name, "cpu, cuda or cuda:N" });
    if (cuda && !torch::cuda::is_available())
        throw Error({ "this LibTorch sees no CUDA device", "device", name, "cpu" });
    try {
        const torch::Device device(name);
        if (cuda && device.has_index() && static_cast<std::size_t>(device.index()) >= torch::cuda::device_count())
            throw Error({ "no such CUDA device", "device", name,
                          "an index below " + std::to_string(torch::cuda::device_count()) });
        return device;
    } catch (const c10::Error&) {
        throw Error({ "unknown device", "device", name, "cpu, cuda or cuda:N" });
    }
}

} // namespace prunedamr::nn
