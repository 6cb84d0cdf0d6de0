// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/onednn/primitive_sequence.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <limits>

namespace prunedamr::engine::onednn {

memory::desc float_desc(const Dims& dims, memory::format_tag tag)
{
    return memory::desc(dims, memory::data_type::f32, tag);
}

Argument argument(int id, const Held& held)
{
    return { id, held.desc, held.buffer, {} };
}

Argument argument(int id, const memory& constant)
{
    return { id, constant.get_desc(), -1, constant };
}

dnnl::primitive_attr attributes(const dnnl::post_ops& ops)
{
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    attr.set_post_ops(ops);
    return attr;
}

Held Recorder::allocate(const memory::desc& desc)
{
    const int now = static_cast<int>(calls_.size());
    blocks_.push_back({ now, now, desc.get_size() });
    return { desc, static_cast<int>(blocks_.size()) - 1, false };
}

void Recorder::keep_always(const Held& held)
{
    blocks_[held.buffer].first = 0;
    blocks_[held.buffer].last = std::numeric_limits<int>::max();
}

void Recorder::append(Call call)
{
    const int now = static_cast<int>(calls_.size());
    for (const Argument& a : call.arguments)
        if (a.buffer >= 0)
            blocks_[a.buffer].last = std::max(blocks_[a.buffer].last, now);
    calls_.push_back(std::move(call));
}

void Recorder::copy(const Held& from, const Held& to)
{
    call(dnnl::reorder::primitive_desc(engine_, from.desc, engine_, to.desc, attributes()),
         { argument(DNNL_ARG_FROM, from), argument(DNNL_ARG_TO, to) });
}

Held Recorder::in_layout(const Held& held, const memory::desc& desc)
{
    if (held.desc == desc)
        return held;
    const Held copied = allocate(desc);
    copy(held, copied);
    return copied;
}

Held Recorder::plain(const Held& held)
{
    return in_layout(held, float_desc(dims_of(held.desc), memory::format_tag::nchw));
}

namespace {

using dnnl::algorithm;
using graph::Op;
using graph::Shape;
using Tag = memory::format_tag;

class Builder
{
public:
    Builder(const CompiledGraph& graph, int batch, const dnnl::engine& engine, WeightCache& weights)
        : graph_(graph), engine_(engine), weights_(weights), recorder_(engine), held_(graph.values.size())
    {
        sequence_.batch = batch;
        weights_.resize(graph.steps.size());
    }

    PrimitiveSequence build()
    {
        for (std::size_t i = 0; i < graph_.steps.size(); ++i)
            add_step(i);
        const Held logits = recorder_.plain(held_[graph_.output]);
        sequence_.input = held_[graph_.steps.front().output].buffer;
        sequence_.output = logits.buffer;
        recorder_.keep_always(logits);
        sequence_.placement = place(recorder_.blocks());
        sequence_.calls = recorder_.take_calls();
        return std::move(sequence_);
    }

private:
    Dims dims(const Shape& s) const { return { sequence_.batch, s.channels, s.height, s.width }; }
    const Shape& shape(int value) const { return graph_.values[value].shape; }
    memory::desc any(int value) const { return float_desc(dims(shape(value)), Tag::any); }

    /// The same samples under another shape.
    void add_reshape(const Step& step)
    {
        Held& in = held_[step.inputs[0]];
        in.shared = true;
        Held out = recorder_.plain(in);
        out.desc = float_desc(dims(shape(step.output)), Tag::nchw);
        out.shared = true;
        held_[step.output] = out;
    }

    memory weights_as(std::size_t step, const memory::desc& from, const memory::desc& to)
    {
        for (const memory& known : weights_[step])
            if (known.get_desc() == to)
                return known;
        memory source(from, engine_, const_cast<float*>(graph_.steps[step].weight.data()));
        memory target(to, engine_);
        dnnl::stream stream(engine_);
        dnnl::reorder(source, target).execute(stream, source, target);
        stream.wait();
        weights_[step].push_back(target);
        return target;
    }

    memory bias_of(const Step& step)
    {
        memory bias(float_desc({ static_cast<std::int64_t>(step.bias.size()) }, Tag::x), engine_);
        std::copy(step.bias.begin(), step.bias.end(), static_cast<float*>(bias.get_data_handle()));
        return bias;
    }

    static Geometry geometry(const graph::ConvGeometry& w)
    {
        return { { w.kernel_h, w.kernel_w }, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w } };
    }

    /// The place that already holds the shortcut: its own if nobody needs it afterwards, else a copy.
    Held shortcut_in_place(std::size_t index)
    {
        const Step& step = graph_.steps[index];
        const Held& shortcut = held_[step.shortcut];
        const bool dies = graph_.values[step.shortcut].last == static_cast<int>(index) &&
                          step.inputs[0] != step.shortcut && !shortcut.shared;
        if (dies)
            return shortcut;
        const Held copied = recorder_.allocate(shortcut.desc);
        recorder_.copy(shortcut, copied);
        return copied;
    }

    void add_conv(std::size_t index)
    {
        const Step& step = graph_.steps[index];
        const Shape& in = shape(step.inputs[0]);
        const Shape& out = shape(step.output);
        const bool sums = step.shortcut >= 0 && shape(step.shortcut) == out;
        const bool adds_after = step.shortcut >= 0 && !sums; // a broadcast shortcut needs a primitive of its own
        const Dims plain_dims{ out.channels, in.channels / step.groups, step.window.kernel_h,
                               step.window.kernel_w };
        const Dims grouped_dims{ step.groups, out.channels / step.groups, in.channels / step.groups,
                                 step.window.kernel_h, step.window.kernel_w };
        const bool grouped = step.groups > 1;
        const Dims& weight_dims = grouped ? grouped_dims : plain_dims;

        dnnl::post_ops ops;
        Held result;
        if (sums) {
            ops.append_sum(1.0f);
            result = shortcut_in_place(index);
        }
        if (step.relu && !adds_after)
            append_relu(ops);
        const memory bias = bias_of(step);
        const auto descriptor =
            conv(engine_, any(step.inputs[0]), float_desc(weight_dims, Tag::any), bias.get_desc(),
                 sums ? result.desc : any(step.output), geometry(step.window), attributes(ops));
        const memory weights =
            weights_as(index, float_desc(weight_dims, grouped ? Tag::goihw : Tag::oihw), descriptor.weights_desc());
        const Held src = recorder_.in_layout(held_[step.inputs[0]], descriptor.src_desc());
        if (!sums)
            result = recorder_.allocate(descriptor.dst_desc());
        recorder_.call(descriptor, { argument(DNNL_ARG_SRC, src), argument(DNNL_ARG_WEIGHTS, weights),
                                     argument(DNNL_ARG_BIAS, bias), argument(DNNL_ARG_DST, result) });
        if (adds_after)
            result = combine(algorithm::binary_add, result, held_[step.shortcut], step.relu);
        held_[step.output] = result;
    }

    /// a op b, where b may be [C, 1, 1].
    Held combine(algorithm kind, const Held& a, const Held& b, bool relu)
    {
        dnnl::post_ops ops;
        if (relu)
            append_relu(ops);
        const auto descriptor = binary(engine_, kind, a.desc, b.desc, a.desc, attributes(ops));
        const Held result = recorder_.allocate(a.desc);
        recorder_.call(descriptor, { argument(DNNL_ARG_SRC_0, a), argument(DNNL_ARG_SRC_1, b),
                                     argument(DNNL_ARG_DST, result) });
        return result;
    }

    /// a * gate + b
    void add_gated(const Step& step)
    {
        const auto full = [&](int value) { return shape(value) == shape(step.output); };
        int a = step.inputs[0], gate = step.gate;
        if (full(gate))
            std::swap(a, gate);
        const Held product = combine(algorithm::binary_mul, held_[a], held_[gate], false);
        const Held& b = held_[step.inputs[1]];
        held_[step.output] = full(a) ? combine(algorithm::binary_add, product, b, step.relu)
                                     : combine(algorithm::binary_add, b, product, step.relu);
    }

    void add_combine(const Step& step, algorithm kind)
    {
        std::vector<int> order = step.inputs;
        std::stable_partition(order.begin(), order.end(),
                              [&](int value) { return shape(value) == shape(step.output); });
        if (!(shape(order[0]) == shape(step.output)))
            refuse(step);
        Held result = held_[order[0]];
        for (std::size_t i = 1; i < order.size(); ++i)
            result = combine(kind, result, held_[order[i]], step.relu && i + 1 == order.size());
        held_[step.output] = result;
    }

    void add_eltwise(const Step& step, algorithm kind)
    {
        const Held& in = held_[step.inputs[0]];
        const Held out = recorder_.allocate(in.desc);
        recorder_.call(eltwise(engine_, kind, in.desc, attributes()),
                       { argument(DNNL_ARG_SRC, in), argument(DNNL_ARG_DST, out) });
        held_[step.output] = out;
    }

    void add_pool(const Step& step, algorithm kind, const Geometry& window)
    {
        const Held& in = held_[step.inputs[0]];
        const auto descriptor = pool(engine_, kind, in.desc, any(step.output), window, attributes());
        const Held out = recorder_.allocate(descriptor.dst_desc());
        recorder_.call(descriptor, { argument(DNNL_ARG_SRC, in), argument(DNNL_ARG_DST, out) });
        held_[step.output] = out;
    }

    void add_concat(const Step& step, int axis)
    {
        std::vector<memory::desc> descs;
        std::vector<Argument> arguments;
        for (int value : step.inputs) {
            arguments.push_back(argument(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(descs.size()), held_[value]));
            descs.push_back(held_[value].desc);
        }
        const auto descriptor = concat(engine_, any(step.output), axis, descs, attributes());
        const Held out = recorder_.allocate(descriptor.dst_desc());
        arguments.push_back(argument(DNNL_ARG_DST, out));
        recorder_.call(descriptor, arguments);
        held_[step.output] = out;
    }

    void add_shuffle(const Step& step, int axis)
    {
        const Held in = recorder_.plain(held_[step.inputs[0]]);
        const Held out = recorder_.allocate(in.desc);
        const auto members = static_cast<int>(dims(shape(step.output))[axis] / step.groups);
        recorder_.call(shuffle(engine_, in.desc, axis, members, attributes()),
                       { argument(DNNL_ARG_SRC, in), argument(DNNL_ARG_DST, out) });
        held_[step.output] = out;
    }

    void add_pad(const Step& step)
    {
        const Held out = recorder_.allocate(float_desc(dims(shape(step.output)), Tag::nchw));
        recorder_.keep_always(out); // keeps the arena's first zeros: only the copied channels are ever written
        Held part = out;
        part.desc = out.desc.submemory_desc(dims(shape(step.inputs[0])), { 0, 0, 0, 0 });
        recorder_.copy(held_[step.inputs[0]], part);
        held_[step.output] = out;
        held_[step.output].shared = true;
    }

    [[noreturn]] static void refuse(const Step& step)
    {
        throw Error{ { "the oneDNN backend cannot run this operation", step.node, graph::to_string(step.op),
                       "another operation (the native backend runs all)" } };
    }

    void add_step(std::size_t index)
    {
        const Step& step = graph_.steps[index];
        const Shape in = step.inputs.empty() ? Shape{} : shape(step.inputs[0]);
        const graph::ConvGeometry whole{ static_cast<int>(in.height), static_cast<int>(in.width) };
        switch (step.op) {
        case Op::input:
            held_[step.output] = recorder_.allocate(float_desc(dims(shape(step.output)), Tag::nchw));
            return;
        case Op::conv:
            return add_conv(index);
        case Op::relu:
            return add_eltwise(step, algorithm::eltwise_relu);
        case Op::sigmoid:
            return add_eltwise(step, algorithm::eltwise_logistic);
        case Op::add:
            return step.gate >= 0 ? add_gated(step) : add_combine(step, algorithm::binary_add);
        case Op::mul:
            return add_combine(step, algorithm::binary_mul);
        case Op::max_pool:
            return add_pool(step, algorithm::pooling_max, geometry(step.window));
        case Op::avg_pool:
            return add_pool(step, algorithm::pooling_avg_exclude_padding, geometry(step.window));
        case Op::global_avg_pool:
            return add_pool(step, algorithm::pooling_avg_exclude_padding, geometry(whole));
        case Op::concat:
            return add_concat(step, 1);
        case Op::concat_width:
            return add_concat(step, 3);
        case Op::channel_shuffle:
            return add_shuffle(step, 1);
        case Op::position_shuffle:
            return add_shuffle(step, 3);
        case Op::pad_channels:
            return add_pad(step);
        case Op::flatten:
        case Op::as_image:
            return add_reshape(step);
        default:
            refuse(step);
        }
    }

    const CompiledGraph& graph_;
    dnnl::engine engine_;
    WeightCache& weights_;
    Recorder recorder_;
    PrimitiveSequence sequence_;
    std::vector<Held> held_;
};

} // namespace

PrimitiveSequence make_sequence(const CompiledGraph& graph, int batch, const dnnl::engine& engine,
                                WeightCache& weights)
{
    return Builder(graph, batch, engine, weights).build();
}

} // namespace prunedamr::engine::onednn
