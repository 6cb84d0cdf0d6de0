// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/engine.h"
#include "prunedamr/engine/passes/passes.h"

#include "prunedamr/graph/quantize.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <algorithm>

namespace prunedamr::engine {
namespace {

using graph::Op;
using Dtype = std::optional<graph::QuantParams>;

constexpr std::int64_t kMaxInputs = 2147483647 / (255 * 127); ///< of a sum that stays within 32 bits

bool same(const Dtype& a, const Dtype& b)
{
    return a.has_value() == b.has_value() && (!a || (a->scale == b->scale && a->zero_point == b->zero_point));
}

/// Steps that have kernels for float32 only.
bool needs_floats(const Step& step)
{
    return (step.op == Op::conv && !step.int8) || step.op == Op::sigmoid || step.op == Op::complex_sum ||
           step.op == Op::input;
}

bool keeps_dtype(Op op)
{
    return op == Op::channel_shuffle || op == Op::position_shuffle || graph::hands_on_values(op);
}

void use_rounded_weights(Step& step)
{
    const auto rounded = graph::quantize_weight(step.weight, static_cast<std::int64_t>(step.bias.size()));
    const std::size_t taps = step.weight.size() / step.bias.size();
    for (std::size_t i = 0; i < step.weight.size(); ++i)
        step.weight[i] = rounded.scales[i / taps] * static_cast<float>(rounded.values[i]);
    step.int8 = false;
}

/// The steps of a graph, rewritten with conversions between them.
class ConversionInserter
{
public:
    explicit ConversionInserter(CompiledGraph& graph) : graph_(graph) {}

    void run()
    {
        for (Step& step : graph_.steps)
            add(std::move(step));
        graph_.output = with_dtype(graph_.output, {});
        graph_.steps = std::move(steps_);
    }

private:
    void add(Step step)
    {
        if (step.int8 && static_cast<std::int64_t>(step.weight.size() / step.bias.size()) > kMaxInputs)
            use_rounded_weights(step);
        node_ = step.node;
        const Dtype wanted = graph_.values[step.output].dtype;
        if (keeps_dtype(step.op))
            step.inputs[0] = with_dtype(step.inputs[0], wanted);
        if (!needs_floats(step)) {
            steps_.push_back(std::move(step));
            return;
        }
        for (int& input : step.inputs)
            input = with_dtype(input, {});
        if (step.shortcut >= 0)
            step.shortcut = with_dtype(step.shortcut, {});
        const int output = step.output;
        if (wanted)
            step.output = new_value(output, {});
        const int made = step.output;
        steps_.push_back(std::move(step));
        if (wanted)
            convert(made, output);
    }

    /// `value` itself, or a copy of it that has that dtype.
    int with_dtype(int value, const Dtype& dtype)
    {
        if (same(graph_.values[value].dtype, dtype))
            return value;
        const int result = new_value(value, dtype);
        convert(value, result);
        return result;
    }

    int new_value(int like, const Dtype& dtype)
    {
        graph_.values.push_back({ graph_.values[like].shape, "", dtype });
        return static_cast<int>(graph_.values.size()) - 1;
    }

    void convert(int from, int to)
    {
        Step step;
        step.node = node_;
        step.op = Op::concat;
        step.inputs = { from };
        step.output = to;
        steps_.push_back(std::move(step));
    }

    CompiledGraph& graph_;
    std::vector<Step> steps_;
    std::string node_; ///< whose step is being added
};

} // namespace

void insert_conversions(CompiledGraph& graph)
{
    ConversionInserter(graph).run();
}

namespace {

/// Sigmoids compute in float32: int8 before them would be converted back, and cost the gate its last bits.
bool feeds_only_sigmoids(const CompiledGraph& graph, int value)
{
    bool feeds = false;
    for (const Step& step : graph.steps) {
        const bool reads = step.shortcut == value || step.gate == value ||
                           std::find(step.inputs.begin(), step.inputs.end(), value) != step.inputs.end();
        if (reads && step.op != Op::sigmoid)
            return false;
        feeds = feeds || reads;
    }
    return feeds;
}

} // namespace

std::vector<std::string> quantizable_nodes(const graph::Network& network)
{
    graph::Network plain = network;
    plain.quantized.clear();
    const CompiledGraph compiled = compile_graph(plain);
    std::vector<std::string> names;
    for (const Step& step : compiled.steps)
        if (step.op != Op::input && step.op != Op::sigmoid && step.op != Op::complex_sum &&
            !graph::hands_on_values(step.op) && step.output != compiled.output &&
            !feeds_only_sigmoids(compiled, step.output))
            names.push_back(compiled.values[step.output].node);
    return names;
}

} // namespace prunedamr::engine
