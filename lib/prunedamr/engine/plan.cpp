// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/plan.h"

#include "prunedamr/engine/forms.h"
#include "prunedamr/engine/fuse_complex.h"
#include "prunedamr/engine/plan_edit.h"
#include "prunedamr/graph/complex_norm.h"
#include "prunedamr/graph/quantise.h"
#include "prunedamr/graph/rewrite.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::engine {
namespace {

using graph::Node;
using graph::Op;
using graph::Shape;

bool is_identity(const Node& node, const Shape& in)
{
    switch (node.op) {
    case Op::dropout:
    case Op::detach:
        return true;
    case Op::flatten:
        return in.height * in.width == 1;
    case Op::as_image:
        return in.channels == 1;
    default:
        return false;
    }
}

/// A batch norm that could not be folded is a depthwise 1x1 conv.
void set_batch_norm(const graph::Network& network, const Node& node, Step& step)
{
    const auto& scale = network.tensor(node.name + ".weight").data;
    const auto& shift = network.tensor(node.name + ".bias").data;
    const auto& mean = network.tensor(node.name + ".running_mean").data;
    const auto& variance = network.tensor(node.name + ".running_var").data;
    step.op = Op::conv;
    step.groups = static_cast<std::int64_t>(scale.size());
    for (std::size_t c = 0; c < scale.size(); ++c) {
        const double factor = scale[c] / std::sqrt(variance[c] + node.epsilon);
        step.weight.push_back(static_cast<float>(factor));
        step.bias.push_back(static_cast<float>(shift[c] - mean[c] * factor));
    }
}

/// A complex norm is a 1x1 conv of pairs.
void set_complex_norm(const graph::Network& network, const Node& node, Step& step)
{
    const auto maps = graph::complex_norm_maps(network, node);
    step.op = Op::conv;
    step.groups = static_cast<std::int64_t>(maps.size());
    for (const graph::PairMap& map : maps) {
        for (const double factor : { map.ii, map.iq, map.qi, map.qq })
            step.weight.push_back(static_cast<float>(factor));
        step.bias.push_back(static_cast<float>(map.offset_i));
        step.bias.push_back(static_cast<float>(map.offset_q));
    }
}

void set_conv(const graph::Network& network, const Node& node, Step& step)
{
    step.op = Op::conv;
    step.whole = graph::quantised_input(network, node) != nullptr;
    step.weight = network.tensor(node.name + ".weight").data;
    step.bias = node.bias ? network.tensor(node.name + ".bias").data
                          : std::vector<float>(static_cast<std::size_t>(node.out_channels), 0.0f);
}

/// The form of a node's output.
std::optional<graph::QuantisedValue> form_of(const graph::Network& network, const Node& node)
{
    if (graph::hands_on_values(node.op)) {
        const graph::QuantisedValue* form = graph::quantised_input(network, node);
        return form ? std::make_optional(*form) : std::nullopt;
    }
    const auto found = network.quantised.find(node.name);
    return found == network.quantised.end() ? std::nullopt : std::make_optional(found->second);
}

/// One step per node; identities give their input's value to their readers.
Plan lower(const graph::Network& network)
{
    const auto shapes = graph::infer_shapes(network);
    std::map<std::string, int> value_of;
    Plan plan;
    for (const Node& node : network.nodes) {
        if (node.op != Op::input && is_identity(node, shapes.at(node.inputs.front()))) {
            value_of[node.name] = value_of.at(node.inputs.front());
            continue;
        }
        Step step;
        step.node = node.name;
        step.op = node.op;
        step.window = node.window;
        step.groups = node.groups;
        for (const std::string& input : node.inputs)
            step.inputs.push_back(value_of.at(input));
        if (node.op == Op::batch_norm)
            set_batch_norm(network, node, step);
        else if (node.op == Op::complex_norm)
            set_complex_norm(network, node, step);
        else if (node.op == Op::conv || node.op == Op::linear)
            set_conv(network, node, step);
        if (step.op == Op::conv && node.op != Op::conv)
            step.window = {};
        step.output = static_cast<int>(plan.values.size());
        value_of[node.name] = step.output;
        plan.values.push_back({ shapes.at(node.name), node.name, form_of(network, node) });
        plan.steps.push_back(std::move(step));
    }
    plan.output = value_of.at(network.nodes.back().name);
    return plan;
}

/// conv -> add becomes one conv in the add's place, where the other input is known to be ready.
void fuse_shortcuts(Plan& plan)
{
    std::vector<const Step*> gone;
    for (Step& add : plan.steps) {
        if (add.op != Op::add || add.inputs.size() != 2)
            continue;
        for (int side : { 1, 0 }) { // the later branch first: the other one is then computed beforehand
            Step* conv = sole_producer(plan, add.inputs[side]);
            if (!conv || conv->op != Op::conv || conv->shortcut >= 0 ||
                !(plan.values[conv->output].shape == plan.values[add.output].shape))
                continue;
            const int shortcut = add.inputs[1 - side];
            const int output = add.output;
            gone.push_back(conv);
            add = std::move(*conv);
            add.shortcut = shortcut;
            add.output = output;
            conv->inputs.clear();
            conv->output = -1;
            break;
        }
    }
    erase_steps(plan, gone);
}

/// mul -> add becomes one step.
void fuse_gates(Plan& plan)
{
    std::vector<const Step*> gone;
    for (Step& add : plan.steps) {
        if (add.op != Op::add || add.inputs.size() != 2)
            continue;
        for (int side : { 0, 1 }) {
            Step* mul = sole_producer(plan, add.inputs[side]);
            if (!mul || mul->op != Op::mul)
                continue;
            add.inputs = { mul->inputs[0], add.inputs[1 - side] };
            add.gate = mul->inputs[1];
            mul->inputs.clear();
            mul->output = -1;
            gone.push_back(mul);
            break;
        }
    }
    erase_steps(plan, gone);
}

bool can_clip(const Step& step)
{
    return step.op == Op::conv || step.op == Op::add || step.op == Op::mul;
}

void fuse_relus(Plan& plan)
{
    std::vector<const Step*> gone;
    for (Step& relu : plan.steps) {
        if (relu.op != Op::relu)
            continue;
        Step* producer = sole_producer(plan, relu.inputs.front());
        if (!producer || !can_clip(*producer) || producer->relu)
            continue;
        producer->relu = true;
        producer->output = relu.output;
        relu.inputs.clear();
        relu.output = -1;
        gone.push_back(&relu);
    }
    erase_steps(plan, gone);
}

/// Drops values that fusing left unused, numbers the rest anew and notes when each lives.
void number_values(Plan& plan)
{
    std::vector<int> number(plan.values.size(), -1);
    std::vector<Value> values;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        Step& step = plan.steps[i];
        const int now = static_cast<int>(i);
        for (int& input : step.inputs) {
            input = number[input];
            values[input].last = now;
        }
        for (int* read : { &step.shortcut, &step.gate })
            if (*read >= 0) {
                *read = number[*read];
                values[*read].last = now;
            }
        number[step.output] = static_cast<int>(values.size());
        values.push_back(plan.values[step.output]);
        values.back().first = values.back().last = now;
        step.output = number[step.output];
    }
    plan.output = number[plan.output];
    plan.values = std::move(values);
    plan.values[plan.output].last = static_cast<int>(plan.steps.size());
}

} // namespace

Plan make_plan(const graph::Network& network)
{
    Plan plan = lower(graph::fold_batch_norm(network));
    fuse_complex(plan);
    fuse_shortcuts(plan);
    fuse_gates(plan);
    fuse_relus(plan);
    settle_forms(plan);
    number_values(plan);
    return plan;
}

std::int64_t macs_of(const Plan& plan, const Step& step)
{
    if (step.op != Op::conv)
        return 0;
    const graph::Window& w = step.window;
    const Shape &in = plan.values[step.inputs[0]].shape, &out = plan.values[step.output].shape;
    std::int64_t rows = 0;
    for (std::int64_t y = 0; y < out.height; ++y) {
        const std::int64_t first = y * w.stride_h - w.pad_h;
        rows += std::max<std::int64_t>(0, std::min<std::int64_t>(in.height, first + w.kernel_h) -
                                              std::max<std::int64_t>(0, first));
    }
    return static_cast<std::int64_t>(step.weight.size()) / w.kernel_h * rows * out.width;
}

std::int64_t macs_of(const Plan& plan)
{
    std::int64_t sum = 0;
    for (const Step& step : plan.steps)
        sum += macs_of(plan, step);
    return sum;
}

bool has_bytes(const Plan& plan)
{
    return std::any_of(plan.values.begin(), plan.values.end(),
                       [](const Value& value) { return value.form.has_value(); });
}

} // namespace prunedamr::engine
