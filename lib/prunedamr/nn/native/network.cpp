// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/nn/native/network.h"

#include <algorithm>
#include <map>

namespace prunedamr::nn::native {

using graph::Node;
using graph::Op;

/// Goes through the nodes; what one step does of several is found at the first of them.
class Builder
{
public:
    explicit Builder(const graph::Network& network)
        : network_(network), shapes_(graph::infer_shapes(network)), result_(std::make_unique<Network>())
    {
        for (const Node& node : network.nodes)
            for (const std::string& input : node.inputs)
                readers_[input].push_back(&node);
    }

    std::unique_ptr<Network> operator()()
    {
        if (!network_.quantized.empty())
            return nullptr;
        for (const Node& node : network_.nodes)
            if (done_.count(node.name) == 0 && !add(node))
                return nullptr;
        Value& logits = *done_.at(network_.nodes.back().name);
        if (logits.width != 1 || &logits != &result_->values_.back())
            return nullptr;
        return std::move(result_);
    }

private:
    bool add(const Node& node)
    {
        switch (node.op) {
        case Op::input:
            return add_input(node);
        case Op::as_image:
            return add_complex_conv(node);
        case Op::conv:
        case Op::linear:
            return add_conv(node);
        case Op::batch_norm:
        case Op::complex_norm:
            return add_norm(node);
        case Op::add:
            return add_sum(node);
        case Op::mul:
            return add_gate(node);
        case Op::max_pool:
            return add_max_pool(node);
        case Op::concat:
        case Op::concat_width:
            return add_concat(node);
        case Op::flatten:
            return input(node).width == 1 && share(node);
        case Op::global_avg_pool:
            return push(node, node, [](Value* in, Value* out) { return make_mean(in, out); });
        case Op::relu:
            return push(node, node, [](Value* in, Value* out) { return make_relu(in, out); });
        case Op::sigmoid:
            return push(node, node, [](Value* in, Value* out) { return make_sigmoid(in, out); });
        case Op::dropout:
            return push(node, node, [&](Value* in, Value* out) { return make_dropout(in, out, node.dropout); });
        case Op::complex_sum:
        case Op::avg_pool:
        case Op::pad_channels:
        case Op::channel_shuffle:
        case Op::position_shuffle:
        case Op::detach:
            break;
        }
        return false;
    }

    Value& input(const Node& node, std::size_t number = 0) { return *done_.at(node.inputs[number]); }

    std::vector<Value*> inputs(const Node& node)
    {
        std::vector<Value*> values;
        for (std::size_t i = 0; i < node.inputs.size(); ++i)
            values.push_back(&input(node, i));
        return values;
    }

    /// The only reader of a node, if it is of that kind.
    const Node* follower(const Node& node, Op op) const
    {
        const auto found = readers_.find(node.name);
        if (found == readers_.end() || found->second.size() != 1 || found->second[0]->op != op)
            return nullptr;
        return found->second[0];
    }

    Parameter* parameter(const Node& node, const char* part)
    {
        result_->parameters_.push_back({ node.name + "." + part, {}, nullptr, nullptr, false });
        return &result_->parameters_.back();
    }

    Value* new_value(const Node& node, bool wanted)
    {
        const graph::Shape& shape = shapes_.at(node.name);
        Value& value = result_->values_.emplace_back();
        value.width = static_cast<std::size_t>(shape.width);
        value.channels = static_cast<std::size_t>(shape.channels);
        value.stride = padded(value.channels);
        value.wanted = wanted;
        return done_[node.name] = &value;
    }

    bool share(const Node& node)
    {
        done_[node.name] = &input(node);
        return true;
    }

    bool append(StepPointer step, std::vector<Value*> inputs, Value* output)
    {
        result_->steps_.push_back({ std::move(step), std::move(inputs), output });
        return true;
    }

    /// A step of one input without parameters, from `first` to the output of `last`.
    template <class Make> bool push(const Node& first, const Node& last, const Make& make)
    {
        Value* in = &input(first);
        if (in == &result_->values_.front())
            return false;
        Value* out = new_value(last, in->wanted);
        return append(make(in, out), { in }, out);
    }

    bool add_input(const Node& node)
    {
        Value* value = new_value(node, false);
        value->stride = 2; // I and Q side by side
        return true;
    }

    /// `as_image`, conv and `complex_sum` over the frame.
    bool add_complex_conv(const Node& image)
    {
        const Node* conv = follower(image, Op::conv);
        const Node* sum = conv ? follower(*conv, Op::complex_sum) : nullptr;
        if (!sum || conv->window.kernel_h != 1 || conv->window.stride_h != 1 || conv->window.pad_h != 0)
            return false;
        Value* in = &input(image);
        Value* out = new_value(*sum, true);
        done_[image.name] = done_[conv->name] = out; // nobody else reads them
        return append(make_conv(conv_parts(*conv, in, out, true)), { in }, out);
    }

    ConvParts conv_parts(const Node& node, Value* in, Value* out, bool complex)
    {
        ConvParts parts{ in, out, parameter(node, "weight"), node.bias ? parameter(node, "bias") : nullptr };
        if (node.op == Op::conv) {
            parts.taps = static_cast<std::size_t>(node.window.kernel_w);
            parts.step = static_cast<std::size_t>(node.window.stride_w);
            parts.pad = static_cast<std::size_t>(node.window.pad_w);
        }
        parts.complex = complex;
        return parts;
    }

    bool add_conv(const Node& node)
    {
        Value* in = &input(node);
        const bool linear = node.op == Op::linear;
        const bool depthwise = !linear && node.groups == static_cast<std::int64_t>(in->channels) &&
                               node.out_channels == node.groups && in->stride % kLanes == 0;
        if (linear ? in->width != 1 : node.window.kernel_h != 1 || node.window.pad_h != 0)
            return false;
        if (node.groups != 1 && (!depthwise || node.bias))
            return false;
        if (!linear && node.window.pad_w >= node.window.kernel_w)
            return false;
        Value* out = new_value(node, true);
        const ConvParts parts = conv_parts(node, in, out, false);
        return append(node.groups != 1 ? make_depthwise(parts) : make_conv(parts), { in }, out);
    }

    bool add_norm(const Node& node)
    {
        const Node* last = &node;
        const Node* relu = follower(*last, Op::relu);
        last = relu ? relu : last;
        const Node* shuffle = follower(*last, Op::position_shuffle);
        last = shuffle ? shuffle : last;
        Value* in = &input(node);
        if (in->stride % kLanes != 0)
            return false;
        Value* out = new_value(*last, true);
        NormParts parts{ in,
                         out,
                         parameter(node, "weight"),
                         parameter(node, "bias"),
                         parameter(node, "running_mean"),
                         parameter(node, "running_var"),
                         node.epsilon };
        parts.complex = node.op == Op::complex_norm;
        parts.relu = relu != nullptr;
        parts.shuffle_groups = shuffle ? static_cast<std::size_t>(shuffle->groups) : 1;
        for (const Node* covered : { &node, relu, shuffle })
            if (covered)
                done_[covered->name] = out;
        return append(make_norm(parts), { in }, out);
    }

    bool add_sum(const Node& node)
    {
        const std::vector<Value*> values = inputs(node);
        for (const Value* value : values)
            if (value->frame() != values[0]->frame() || value->stride % kLanes != 0)
                return false;
        const Node* relu = follower(node, Op::relu);
        Value* out = new_value(relu ? *relu : node, any_wanted(values));
        done_[node.name] = out;
        return append(make_add(values, out, relu != nullptr), values, out);
    }

    static bool any_wanted(const std::vector<Value*>& values)
    {
        return std::any_of(values.begin(), values.end(), [](const Value* value) { return value->wanted; });
    }

    bool add_gate(const Node& node)
    {
        const std::vector<Value*> values = inputs(node);
        Value *in = values[0], *gate = values[1];
        if (in->width == 1 && gate->width != 1)
            std::swap(in, gate);
        if (gate->width != 1 || gate->stride != in->stride || in->stride % kLanes != 0)
            return false;
        Value* out = new_value(node, any_wanted(values));
        return append(make_gate(in, gate, out), values, out);
    }

    bool add_max_pool(const Node& node)
    {
        const graph::ConvGeometry& window = node.window;
        if (window.kernel_h != 1 || window.pad_h != 0 || window.pad_w != 0)
            return false;
        return push(node, node, [&](Value* in, Value* out) {
            return make_max_pool(in, out, static_cast<std::size_t>(window.kernel_w),
                                 static_cast<std::size_t>(window.stride_w));
        });
    }

    bool add_concat(const Node& node)
    {
        const std::vector<Value*> values = inputs(node);
        for (const Value* value : values)
            if (value->stride % kLanes != 0)
                return false;
        Value* out = new_value(node, any_wanted(values));
        return append(make_concat(values, out, node.op == Op::concat_width), values, out);
    }

    const graph::Network& network_;
    std::map<std::string, graph::Shape> shapes_;
    std::map<std::string, std::vector<const Node*>> readers_;
    std::unique_ptr<Network> result_;
    std::map<std::string, Value*> done_;
};

std::unique_ptr<Network> Network::build(const graph::Network& network)
{
    for (const auto& [name, shape] : graph::infer_shapes(network))
        if (shape.height != 1 && network.node(name).op != Op::as_image && network.node(name).op != Op::conv)
            return nullptr;
    return Builder(network)();
}

void Network::reserve(std::size_t frames)
{
    if (frames <= reserved_)
        return;
    for (Value& value : values_)
        value.data.assign(frames * value.frame(), 0.0F);
    reserve_gradients(frames);
    reserved_ = frames;
}

/// A gradient is in use from the backward pass of the value's last reader to that of the step that made it. Memory
/// goes on to a value of the same shape, whose padding is then zero too.
void Network::reserve_gradients(std::size_t frames)
{
    gradients_.clear();
    std::map<std::pair<std::size_t, std::size_t>, std::vector<float*>> free;
    const auto take = [&](Value& value) {
        auto& fitting = free[{ value.width, value.channels }];
        if (fitting.empty())
            fitting.push_back(gradients_.emplace_back(frames * value.frame(), 0.0F).data());
        value.gradient = fitting.back();
        fitting.pop_back();
    };
    for (Value& value : values_)
        value.gradient = nullptr;
    take(values_.back());
    for (auto at = steps_.rbegin(); at != steps_.rend(); ++at) {
        if (!at->output->gradient) // nothing depends on it
            continue;
        for (Value* input : at->inputs)
            if (input->wanted && !input->gradient)
                take(*input);
        free[{ at->output->width, at->output->channels }].push_back(at->output->gradient);
    }
}

void Network::forward(const Pass& pass, const float* frames, float* logits)
{
    reserve(pass.frames);
    Value &input = values_.front(), &output = values_.back();
    for (std::size_t f = 0; f < pass.frames; ++f) {
        const float* from = frames + 2 * f * input.width;
        float* to = input.data.data() + f * input.frame();
        for (std::size_t n = 0; n < input.width; ++n) {
            to[2 * n] = from[n];
            to[2 * n + 1] = from[input.width + n];
        }
    }
    for (const StepAt& at : steps_)
        at.step->forward(pass);
    for (std::size_t f = 0; f < pass.frames; ++f)
        std::copy_n(output.data.data() + f * output.stride, output.channels, logits + f * output.channels);
}

void Network::backward(const Pass& pass, const float* logits_gradient)
{
    for (Value& value : values_)
        value.written = false;
    Value& output = values_.back();
    output.written = true;
    for (std::size_t f = 0; f < pass.frames; ++f)
        std::copy_n(logits_gradient + f * output.channels, output.channels, output.gradient + f * output.stride);
    for (auto at = steps_.rbegin(); at != steps_.rend(); ++at)
        if (at->output->written)
            at->step->backward(pass);
}

} // namespace prunedamr::nn::native
