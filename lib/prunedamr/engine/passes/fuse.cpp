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

namespace {

using graph::Op;
using graph::Shape;

bool is_bare_conv(const Step* step)
{
    return step && step->op == Op::conv && step->groups == 1 && step->shortcut < 0 && !step->relu && !step->int8;
}

/// The image of a frame [2, 1, W] that a conv along its rows reads; nullptr if there is none.
const Step* image_of(const CompiledGraph& graph, const Step& conv)
{
    const graph::ConvGeometry& w = conv.window;
    const auto image = std::find_if(graph.steps.begin(), graph.steps.end(), [&](const Step& step) {
        return step.op == Op::as_image && step.output == conv.inputs[0];
    });
    const bool along_rows = w.kernel_h == 1 && w.stride_h == 1 && w.pad_h == 0;
    return along_rows && image != graph.steps.end() && graph.values[image->output].shape.height == 2 ? &*image
                                                                                                     : nullptr;
}

/// Filters over I and Q from real parts (first half of the filters) and imaginary parts.
void set_complex_filters(const Step& conv, Step& out)
{
    const std::size_t filters = conv.bias.size() / 2, taps = conv.weight.size() / conv.bias.size();
    for (std::size_t c = 0; c < filters; ++c) {
        const auto real = conv.weight.begin() + static_cast<std::ptrdiff_t>(c * taps);
        const auto imaginary = conv.weight.begin() + static_cast<std::ptrdiff_t>((filters + c) * taps);
        const auto end = static_cast<std::ptrdiff_t>(taps);
        out.weight.insert(out.weight.end(), real, real + end);
        std::transform(imaginary, imaginary + end, std::back_inserter(out.weight), [](float w) { return -w; });
        out.weight.insert(out.weight.end(), imaginary, imaginary + end);
        out.weight.insert(out.weight.end(), real, real + end);
        out.bias.push_back(conv.bias[c] - conv.bias[filters + c]);
        out.bias.push_back(conv.bias[c] + conv.bias[filters + c]);
    }
}

void fuse_sums(CompiledGraph& graph)
{
    std::vector<const Step*> gone;
    for (Step& sum : graph.steps) {
        if (sum.op != Op::complex_sum)
            continue;
        Step* conv = sole_producer(graph, sum.inputs[0]);
        const Step* image = is_bare_conv(conv) ? image_of(graph, *conv) : nullptr;
        if (!image)
            continue;
        set_complex_filters(*conv, sum);
        sum.op = Op::conv;
        sum.window = conv->window;
        sum.inputs = image->inputs;
        conv->inputs.clear();
        conv->output = -1;
        gone.push_back(conv);
        if (count_readers(graph, image->output) == 0)
            gone.push_back(image);
    }
    erase_steps(graph, gone);
}

/// A 1x1 conv whose groups are pairs of channels.
bool mixes_pairs(const CompiledGraph& graph, const Step& step)
{
    const graph::ConvGeometry& w = step.window;
    return step.op == Op::conv && !step.int8 && 2 * step.groups == graph.values[step.inputs[0]].shape.channels &&
           2 * step.groups == graph.values[step.output].shape.channels && w.kernel_h * w.kernel_w == 1 &&
           w.stride_h * w.stride_w == 1 && w.pad_h + w.pad_w == 0;
}

/// The conv `first` and then `mix`, as one.
void compose(const Step& first, Step& mix)
{
    const std::size_t inputs = first.weight.size() / first.bias.size();
    std::vector<float> weight(first.weight.size()), bias(first.bias.size());
    for (std::size_t out = 0; out < bias.size(); ++out) {
        const float* factors = mix.weight.data() + 2 * out;
        const std::size_t i = out / 2 * 2, q = i + 1;
        for (std::size_t k = 0; k < inputs; ++k)
            weight[out * inputs + k] =
                factors[0] * first.weight[i * inputs + k] + factors[1] * first.weight[q * inputs + k];
        bias[out] = factors[0] * first.bias[i] + factors[1] * first.bias[q] + mix.bias[out];
    }
    mix.weight = std::move(weight);
    mix.bias = std::move(bias);
    mix.window = first.window;
    mix.groups = 1;
    mix.inputs = first.inputs;
}

void fuse_norms(CompiledGraph& graph)
{
    std::vector<const Step*> gone;
    for (Step& mix : graph.steps) {
        if (!mix.inputs.empty() && mixes_pairs(graph, mix)) {
            Step* first = sole_producer(graph, mix.inputs[0]);
            if (!is_bare_conv(first))
                continue;
            compose(*first, mix);
            first->inputs.clear();
            first->output = -1;
            gone.push_back(first);
        }
    }
    erase_steps(graph, gone);
}

} // namespace

void fuse_complex(CompiledGraph& graph)
{
    fuse_sums(graph);
    fuse_norms(graph);
}

} // namespace prunedamr::engine
