// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/forms.h"

#include "prunedamr/graph/quantise.h"
#include "prunedamr/graph/rewrite.h"

#include <algorithm>

namespace prunedamr::engine {
namespace {

using graph::Op;
using Form = std::optional<graph::QuantisedValue>;

constexpr std::int64_t kMostInputs = 2147483647 / (255 * 127); ///< of a sum that stays within 32 bits

bool same(const Form& a, const Form& b)
{
    return a.has_value() == b.has_value() && (!a || (a->scale == b->scale && a->zero == b->zero));
}

/// Steps that have kernels for float32 only.
bool needs_floats(const Step& step)
{
    return (step.op == Op::conv && !step.whole) || step.op == Op::sigmoid || step.op == Op::complex_sum ||
           step.op == Op::input;
}

bool keeps_form(Op op)
{
    return op == Op::channel_shuffle || op == Op::position_shuffle || graph::hands_on_values(op);
}

void use_rounded_weights(Step& step)
{
    const auto whole = graph::quantise_weight(step.weight, static_cast<std::int64_t>(step.bias.size()));
    const std::size_t taps = step.weight.size() / step.bias.size();
    for (std::size_t i = 0; i < step.weight.size(); ++i)
        step.weight[i] = whole.scales[i / taps] * static_cast<float>(whole.values[i]);
    step.whole = false;
}

/// The steps of a plan, written anew with copies between them.
class Settler
{
public:
    explicit Settler(Plan& plan) : plan_(plan) {}

    void settle()
    {
        for (Step& step : plan_.steps)
            settle(std::move(step));
        plan_.output = in_form(plan_.output, {});
        plan_.steps = std::move(steps_);
    }

private:
    void settle(Step step)
    {
        if (step.whole && static_cast<std::int64_t>(step.weight.size() / step.bias.size()) > kMostInputs)
            use_rounded_weights(step);
        node_ = step.node;
        const Form wanted = plan_.values[step.output].form;
        if (keeps_form(step.op))
            step.inputs[0] = in_form(step.inputs[0], wanted);
        if (!needs_floats(step)) {
            steps_.push_back(std::move(step));
            return;
        }
        for (int& input : step.inputs)
            input = in_form(input, {});
        if (step.shortcut >= 0)
            step.shortcut = in_form(step.shortcut, {});
        const int output = step.output;
        if (wanted)
            step.output = new_value(output, {});
        const int made = step.output;
        steps_.push_back(std::move(step));
        if (wanted)
            copy(made, output);
    }

    /// `value` itself or a copy of it.
    int in_form(int value, const Form& form)
    {
        if (same(plan_.values[value].form, form))
            return value;
        const int result = new_value(value, form);
        copy(value, result);
        return result;
    }

    int new_value(int like, const Form& form)
    {
        plan_.values.push_back({ plan_.values[like].shape, "", form });
        return static_cast<int>(plan_.values.size()) - 1;
    }

    void copy(int from, int to)
    {
        Step step;
        step.node = node_;
        step.op = Op::concat;
        step.inputs = { from };
        step.output = to;
        steps_.push_back(std::move(step));
    }

    Plan& plan_;
    std::vector<Step> steps_;
    std::string node_; ///< whose step is being settled
};

} // namespace

void settle_forms(Plan& plan)
{
    Settler(plan).settle();
}

namespace {

/// Sigmoids know only float32: bytes before them would be made and undone, and cost the gate its last bits.
bool feeds_only_sigmoids(const Plan& plan, int value)
{
    bool feeds = false;
    for (const Step& step : plan.steps) {
        const bool reads = step.shortcut == value || step.gate == value ||
                           std::find(step.inputs.begin(), step.inputs.end(), value) != step.inputs.end();
        if (reads && step.op != Op::sigmoid)
            return false;
        feeds = feeds || reads;
    }
    return feeds;
}

} // namespace

std::vector<std::string> quantisable_nodes(const graph::Network& network)
{
    graph::Network plain = network;
    plain.quantised.clear();
    const Plan plan = make_plan(plain);
    std::vector<std::string> names;
    for (const Step& step : plan.steps)
        if (step.op != Op::input && step.op != Op::sigmoid && step.op != Op::complex_sum &&
            !graph::hands_on_values(step.op) && step.output != plan.output &&
            !feeds_only_sigmoids(plan, step.output))
            names.push_back(plan.values[step.output].node);
    return names;
}

} // namespace prunedamr::engine
