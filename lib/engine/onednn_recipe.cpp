// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/onednn_recipe.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <limits>

namespace prunedamr::engine::onednn
{
namespace
{

using dnnl::algorithm;
using graph::Op;
using graph::Shape;
using Tag = memory::format_tag;

constexpr auto kFloat = memory::data_type::f32;
constexpr int kForever = std::numeric_limits<int>::max();

memory::desc desc_of(const Dims& dims, Tag tag)
{
    return memory::desc(dims, kFloat, tag);
}

class Builder
{
public:
    Builder(const Plan& plan, int batch, const dnnl::engine& engine, WeightCache& weights)
        : plan_(plan), engine_(engine), weights_(weights), held_(plan.values.size())
    {
        recipe_.batch = batch;
        weights_.resize(plan.steps.size());
    }

    Recipe build()
    {
        for (std::size_t i = 0; i < plan_.steps.size(); ++i)
            add_step(i);
        const Held logits = plain(held_[plan_.output]);
        recipe_.input = held_[plan_.steps.front().output].buffer;
        recipe_.output = logits.buffer;
        blocks_[logits.buffer].last = kForever;
        recipe_.placement = place(blocks_);
        return std::move(recipe_);
    }

private:
    /// A value's layout and place.
    struct Held {
        memory::desc desc;
        int buffer = -1;
        bool shared = false; ///< another value looks at the same place
    };

    Dims dims(const Shape& s) const { return { recipe_.batch, s.channels, s.height, s.width }; }
    const Shape& shape(int value) const { return plan_.values[value].shape; }
    memory::desc any(int value) const { return desc_of(dims(shape(value)), Tag::any); }

    Held allocate(const memory::desc& desc)
    {
        const int now = static_cast<int>(recipe_.calls.size());
        blocks_.push_back({ now, now, desc.get_size() });
        return { desc, static_cast<int>(blocks_.size()) - 1, false };
    }

    static Argument argument(int id, const Held& held) { return { id, held.desc, held.buffer, {} }; }
    static Argument argument(int id, const memory& constant) { return { id, constant.get_desc(), -1, constant }; }

    dnnl::primitive_attr attributes(const dnnl::post_ops& ops = {}) const
    {
        dnnl::primitive_attr attr;
        attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
        attr.set_post_ops(ops);
        return attr;
    }

    template <typename Descriptor> void call(const Descriptor& descriptor, std::vector<Argument> arguments)
    {
        arguments.push_back(argument(DNNL_ARG_SCRATCHPAD, allocate(descriptor.scratchpad_desc())));
        const int now = static_cast<int>(recipe_.calls.size());
        for (const Argument& a : arguments)
            if (a.buffer >= 0)
                blocks_[a.buffer].last = std::max(blocks_[a.buffer].last, now);
        recipe_.calls.push_back({ dnnl::primitive(descriptor.get()), std::move(arguments) });
    }

    void copy(const Held& from, const Held& to)
    {
        call(dnnl::reorder::primitive_desc(engine_, from.desc, engine_, to.desc, attributes()),
             { argument(DNNL_ARG_FROM, from), argument(DNNL_ARG_TO, to) });
    }

    /// `held` in another layout; itself when it has that one.
    Held in_layout(const Held& held, const memory::desc& desc)
    {
        if (held.desc == desc)
            return held;
        const Held copied = allocate(desc);
        copy(held, copied);
        return copied;
    }

    Held plain(const Held& held) { return in_layout(held, desc_of(dims_of(held.desc), Tag::nchw)); }

    /// The same samples under another shape.
    void add_reshape(const Step& step)
    {
        Held& in = held_[step.inputs[0]];
        in.shared = true;
        Held out = plain(in);
        out.desc = desc_of(dims(shape(step.output)), Tag::nchw);
        out.shared = true;
        held_[step.output] = out;
    }

    memory weights_as(std::size_t step, const memory::desc& from, const memory::desc& to)
    {
        for (const memory& known : weights_[step])
            if (known.get_desc() == to)
                return known;
        memory source(from, engine_, const_cast<float*>(plan_.steps[step].weight.data()));
        memory target(to, engine_);
        dnnl::stream stream(engine_);
        dnnl::reorder(source, target).execute(stream, source, target);
        stream.wait();
        weights_[step].push_back(target);
        return target;
    }

    memory bias_of(const Step& step)
    {
        memory bias(desc_of({ static_cast<std::int64_t>(step.bias.size()) }, Tag::x), engine_);
        std::copy(step.bias.begin(), step.bias.end(), static_cast<float*>(bias.get_data_handle()));
        return bias;
    }

    static Geometry geometry(const graph::Window& w)
    {
        return { { w.kernel_h, w.kernel_w }, { w.stride_h, w.stride_w }, { w.pad_h, w.pad_w } };
    }

    /// The place that already holds the shortcut: its own if nobody needs it afterwards, else a copy.
    Held shortcut_in_place(std::size_t index)
    {
        const Step& step = plan_.steps[index];
        const Held& shortcut = held_[step.shortcut];
        const bool dies = plan_.values[step.shortcut].last == static_cast<int>(index) &&
                          step.inputs[0] != step.shortcut && !shortcut.shared;
        if (dies)
            return shortcut;
        const Held copied = allocate(shortcut.desc);
        copy(shortcut, copied);
        return copied;
    }

    void add_conv(std::size_t index)
    {
        const Step& step = plan_.steps[index];
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
        const auto descriptor = conv(engine_, any(step.inputs[0]), desc_of(weight_dims, Tag::any), bias.get_desc(),
                                     sums ? result.desc : any(step.output), geometry(step.window), attributes(ops));
        const memory weights =
            weights_as(index, desc_of(weight_dims, grouped ? Tag::goihw : Tag::oihw), descriptor.weights_desc());
        const Held src = in_layout(held_[step.inputs[0]], descriptor.src_desc());
        if (!sums)
            result = allocate(descriptor.dst_desc());
        call(descriptor, { argument(DNNL_ARG_SRC, src), argument(DNNL_ARG_WEIGHTS, weights),
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
        const Held result = allocate(a.desc);
        call(descriptor,
             { argument(DNNL_ARG_SRC_0, a), argument(DNNL_ARG_SRC_1, b), argument(DNNL_ARG_DST, result) });
        return result;
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
        const Held out = allocate(in.desc);
        call(eltwise(engine_, kind, in.desc, attributes()),
             { argument(DNNL_ARG_SRC, in), argument(DNNL_ARG_DST, out) });
        held_[step.output] = out;
    }

    void add_pool(const Step& step, algorithm kind, const Geometry& window)
    {
        const Held& in = held_[step.inputs[0]];
        const auto descriptor = pool(engine_, kind, in.desc, any(step.output), window, attributes());
        const Held out = allocate(descriptor.dst_desc());
        call(descriptor, { argument(DNNL_ARG_SRC, in), argument(DNNL_ARG_DST, out) });
        held_[step.output] = out;
    }

    void add_concat(const Step& step)
    {
        std::vector<memory::desc> descs;
        std::vector<Argument> arguments;
        for (int value : step.inputs) {
            arguments.push_back(argument(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(descs.size()), held_[value]));
            descs.push_back(held_[value].desc);
        }
        const auto descriptor = concat(engine_, any(step.output), 1, descs, attributes());
        const Held out = allocate(descriptor.dst_desc());
        arguments.push_back(argument(DNNL_ARG_DST, out));
        call(descriptor, arguments);
        held_[step.output] = out;
    }

    void add_pad(const Step& step)
    {
        const Held out = allocate(desc_of(dims(shape(step.output)), Tag::nchw));
        blocks_[out.buffer].first = 0; // keeps the arena's first zeros: only the copied channels are ever written
        blocks_[out.buffer].last = kForever;
        Held part = out;
        part.desc = out.desc.submemory_desc(dims(shape(step.inputs[0])), { 0, 0, 0, 0 });
        copy(held_[step.inputs[0]], part);
        held_[step.output] = out;
        held_[step.output].shared = true;
    }

    [[noreturn]] static void refuse(const Step& step)
    {
        throw Error{ { "the oneDNN backend cannot run this operation", step.node, graph::to_string(step.op),
                       "an operation of the zoo (the native backend runs all)" } };
    }

    void add_step(std::size_t index)
    {
        const Step& step = plan_.steps[index];
        const Shape in = step.inputs.empty() ? Shape{} : shape(step.inputs[0]);
        const graph::Window whole{ static_cast<int>(in.height), static_cast<int>(in.width) };
        switch (step.op) {
        case Op::input:
            held_[step.output] = allocate(desc_of(dims(shape(step.output)), Tag::nchw));
            return;
        case Op::conv:
            return add_conv(index);
        case Op::relu:
            return add_eltwise(step, algorithm::eltwise_relu);
        case Op::sigmoid:
            return add_eltwise(step, algorithm::eltwise_logistic);
        case Op::add:
            return add_combine(step, algorithm::binary_add);
        case Op::mul:
            return add_combine(step, algorithm::binary_mul);
        case Op::max_pool:
            return add_pool(step, algorithm::pooling_max, geometry(step.window));
        case Op::avg_pool:
            return add_pool(step, algorithm::pooling_avg_exclude_padding, geometry(step.window));
        case Op::global_avg_pool:
            return add_pool(step, algorithm::pooling_avg_exclude_padding, geometry(whole));
        case Op::concat:
            return add_concat(step);
        case Op::pad_channels:
            return add_pad(step);
        case Op::flatten:
        case Op::as_image:
            return add_reshape(step);
        default:
            refuse(step);
        }
    }

    const Plan& plan_;
    dnnl::engine engine_;
    WeightCache& weights_;
    Recipe recipe_;
    std::vector<Block> blocks_;
    std::vector<Held> held_;
};

} // namespace

Recipe make_recipe(const Plan& plan, int batch, const dnnl::engine& engine, WeightCache& weights)
{
    return Builder(plan, batch, engine, weights).build();
}

} // namespace prunedamr::engine::onednn
