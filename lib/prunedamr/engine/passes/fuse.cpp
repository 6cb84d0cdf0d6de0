// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/passes/passes.h"

#include <algorithm>

namespace prunedamr::engine {
namespace {

using graph::Op;

bool can_clip(const Step& step)
{
    return step.op == Op::conv || step.op == Op::add || step.op == Op::mul;
}

} // namespace

int count_readers(const CompiledGraph& graph, int value)
{
    int readers = value == graph.output ? 1 : 0;
    for (const Step& step : graph.steps)
        readers += static_cast<int>(std::count(step.inputs.begin(), step.inputs.end(), value)) +
                   (step.shortcut == value ? 1 : 0) + (step.gate == value ? 1 : 0);
    return readers;
}

Step* sole_producer(CompiledGraph& graph, int value)
{
    if (graph.values[value].dtype || count_readers(graph, value) != 1)
        return nullptr;
    const auto producer = std::find_if(graph.steps.begin(), graph.steps.end(),
                                       [&](const Step& step) { return step.output == value; });
    return producer == graph.steps.end() ? nullptr : &*producer;
}

void erase_steps(CompiledGraph& graph, const std::vector<const Step*>& gone)
{
    std::vector<Step> kept;
    for (Step& step : graph.steps)
        if (std::find(gone.begin(), gone.end(), &step) == gone.end())
            kept.push_back(std::move(step));
    graph.steps = std::move(kept);
}

void fuse_shortcuts(CompiledGraph& graph)
{
    std::vector<const Step*> gone;
    for (Step& add : graph.steps) {
        if (add.op != Op::add || add.inputs.size() != 2)
            continue;
        for (int side : { 1, 0 }) { // the later branch first: the other one is then computed beforehand
            Step* conv = sole_producer(graph, add.inputs[side]);
            if (!conv || conv->op != Op::conv || conv->shortcut >= 0 ||
                !(graph.values[conv->output].shape == graph.values[add.output].shape))
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
    erase_steps(graph, gone);
}

void fuse_gates(CompiledGraph& graph)
{
    std::vector<const Step*> gone;
    for (Step& add : graph.steps) {
        if (add.op != Op::add || add.inputs.size() != 2)
            continue;
        for (int side : { 0, 1 }) {
            Step* mul = sole_producer(graph, add.inputs[side]);
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
    erase_steps(graph, gone);
}

void fuse_relus(CompiledGraph& graph)
{
    std::vector<const Step*> gone;
    for (Step& relu : graph.steps) {
        if (relu.op != Op::relu)
            continue;
        Step* producer = sole_producer(graph, relu.inputs.front());
        if (!producer || !can_clip(*producer) || producer->relu)
            continue;
        producer->relu = true;
        producer->output = relu.output;
        relu.inputs.clear();
        relu.output = -1;
        gone.push_back(&relu);
    }
    erase_steps(graph, gone);
}

} // namespace prunedamr::engine
