// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/compiled.h"
#include "prunedamr/engine/moves.h"
#include "prunedamr/engine/program.h"

#include <algorithm>
#include <chrono>

namespace prunedamr::engine {
namespace {

using graph::Op;
using graph::Shape;

constexpr std::size_t kMostSummands = 64; // of an add, by `graph::infer_shapes`

Sweep sweep_of(const Step& step)
{
    const graph::Window& w = step.window;
    return { w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.pad_h, w.pad_w };
}

bool one_form(const View& a, const View& b)
{
    return !a.bytes == !b.bytes && (!a.bytes || (a.scale == b.scale && a.zero == b.zero));
}

class NativeProgram : public Program
{
public:
    explicit NativeProgram(std::shared_ptr<const Compiled> compiled)
        : compiled_(std::move(compiled)), arena_(compiled_->arena_bytes)
    {
        for (std::size_t value = 0; value < compiled_->plan.values.size(); ++value)
            views_.push_back(place_view(value));
    }

    void run(const float* frames, int batch, float* logits) noexcept override
    {
        for (int first = 0; first < batch; first += compiled_->chunk) {
            const int count = std::min(compiled_->chunk, batch - first);
            run_chunk(frames + first * compiled_->frame_floats, count, logits + first * compiled_->classes);
        }
    }

    std::unique_ptr<Program> clone() const override { return std::make_unique<NativeProgram>(compiled_); }

    std::string description() const override
    {
        const KernelSet& kernels = *compiled_->kernels;
        return has_bytes(compiled_->plan) ? std::string("native ") + kernels.name + ", int8"
                                          : std::string("native ") + kernels.floats->name + ", float32";
    }

    std::vector<StepTime> profile(const float* frames, int batch, int repetitions) override
    {
        const int count = std::min(compiled_->chunk, batch);
        const std::vector<Step>& steps = compiled_->plan.steps;
        std::vector<std::vector<double>> us(steps.size());
        for (int repetition = 0; repetition < repetitions; ++repetition)
            for (std::size_t i = 0; i < steps.size(); ++i)
                us[i].push_back(time_step(i, frames, count));
        std::vector<StepTime> times;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            std::nth_element(us[i].begin(), us[i].begin() + repetitions / 2, us[i].end());
            const bool copies = steps[i].op == Op::concat && steps[i].inputs.size() == 1;
            times.push_back({ steps[i].node, copies ? "convert" : to_string(steps[i].op), steps[i].whole,
                              count * compiled_->macs[i], us[i][static_cast<std::size_t>(repetitions / 2)] });
        }
        return times;
    }

private:
    /// Microseconds for one of several times in a row.
    double time_step(std::size_t index, const float* frames, int count) const
    {
        constexpr int kTimes = 16;
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < kTimes; ++i)
            run_step(index, frames, count);
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
        return took.count() / kTimes;
    }

    View place_view(std::size_t index) const
    {
        const Value& value = compiled_->plan.values[index];
        const auto channels = static_cast<int>(value.shape.channels);
        const auto height = static_cast<int>(value.shape.height);
        const auto width = static_cast<int>(value.shape.width);
        const int border = compiled_->borders[index];
        const std::ptrdiff_t row = std::ptrdiff_t{ width + 2 * border } * channels;
        const std::ptrdiff_t start = std::ptrdiff_t{ border } * channels;
        std::byte* memory = arena_.data() + compiled_->offsets[index];
        View view{};
        if (value.form) {
            view.bytes = reinterpret_cast<std::uint8_t*>(memory) + start;
            view.scale = value.form->scale;
            view.zero = value.form->zero;
        } else {
            view.data = reinterpret_cast<float*>(memory) + start;
        }
        view.frame_step = height * row;
        view.row_step = row;
        view.position_step = view.channels = channels;
        view.height = height;
        view.width = width;
        view.border = border;
        return view;
    }

    View view(int value, int frames) const
    {
        View seen = views_[value];
        seen.frames = frames;
        return seen;
    }

    /// As `view`, with steps of 0 where a [C, 1, 1] value is to be broadcast over the positions of `over`.
    View broadcast(int value, const View& over) const
    {
        View seen = view(value, over.frames);
        if (seen.height * seen.width == 1 && over.height * over.width > 1)
            seen.row_step = seen.position_step = 0;
        return seen;
    }

    void run_chunk(const float* frames, int count, float* logits) const
    {
        for (std::size_t i = 0; i < compiled_->plan.steps.size(); ++i)
            run_step(i, frames, count);
        store_frames(view(compiled_->plan.output, count), logits);
    }

    void run_step(std::size_t index, const float* frames, int count) const
    {
        const Step& step = compiled_->plan.steps[index];
        const View out = view(step.output, count);
        if (step.op == Op::input)
            load_frames(frames, out);
        else
            compute(index, view(step.inputs[0], count), out);
        clear_border(out);
    }

    void compute(std::size_t index, const View& in, const View& out) const
    {
        const Step& step = compiled_->plan.steps[index];
        switch (step.op) {
        case Op::conv:
            return run_conv(index, in, out);
        case Op::relu:
        case Op::add:
        case Op::mul:
            return combine(step, out);
        case Op::max_pool:
        case Op::avg_pool:
        case Op::global_avg_pool:
            return pool(step, in, out);
        case Op::sigmoid:
            return compiled_->kernels->floats->sigmoid(in, out);
        case Op::concat:
            return run_concat(step, out);
        case Op::concat_width:
            return run_concat_width(step, out);
        case Op::pad_channels:
            convert(in, channels_of(out, 0, in.channels));
            return clear(channels_of(out, in.channels, out.channels - in.channels));
        case Op::channel_shuffle:
            return shuffle_channels(in, out, static_cast<int>(step.groups));
        case Op::position_shuffle:
            return shuffle_positions(in, out, static_cast<int>(step.groups));
        case Op::complex_sum:
            return sum_complex(in, out);
        case Op::flatten:
            return flatten(in, out);
        case Op::as_image:
            return as_image(in, out);
        case Op::input: // has no input to compute from
        case Op::batch_norm:
        case Op::complex_norm:
        case Op::linear:
        case Op::dropout:
        case Op::detach:
            break; // `make_plan` leaves none of these
        }
    }

    void run_conv(std::size_t index, const View& in, const View& out) const
    {
        const Step& step = compiled_->plan.steps[index];
        const StepConstants& at = compiled_->constants[index];
        const std::byte* memory = compiled_->memory->data();
        View shortcut{};
        if (step.shortcut >= 0)
            shortcut = broadcast(step.shortcut, out);
        const ConvTask task{ in,
                             out,
                             shortcut,
                             sweep_of(step),
                             static_cast<int>(step.groups),
                             memory + at.weights,
                             reinterpret_cast<const float*>(memory + at.bias),
                             step.relu,
                             reinterpret_cast<const float*>(memory + at.factors),
                             reinterpret_cast<const std::int32_t*>(memory + at.corrections) };
        const KernelSet& kernels = *compiled_->kernels;
        const bool depthwise = is_depthwise(compiled_->plan, step);
        if (step.whole)
            (depthwise ? kernels.bytes->depthwise_conv : kernels.bytes->conv)(task);
        else
            (depthwise ? kernels.floats->depthwise_conv : kernels.floats->conv)(task);
    }

    /// relu, add and mul.
    void combine(const Step& step, const View& out) const
    {
        View inputs[kMostSummands];
        bool bytes = out.bytes != nullptr;
        const auto seen = [&](int value) {
            const View result = broadcast(value, out);
            bytes = bytes || result.bytes;
            return result;
        };
        int count = 0;
        for (int value : step.inputs)
            inputs[count++] = seen(value);
        View gate{};
        if (step.op == Op::mul)
            gate = inputs[--count];
        else if (step.gate >= 0)
            gate = seen(step.gate);
        const KernelSet& kernels = *compiled_->kernels;
        const SumTask task{ inputs, count, gate, out, step.relu || step.op == Op::relu };
        (bytes ? kernels.bytes->sum : kernels.floats->sum)(task);
    }

    void pool(const Step& step, const View& in, const View& out) const
    {
        const Kernels& floats = *compiled_->kernels->floats;
        const ByteKernels& bytes = *compiled_->kernels->bytes;
        const bool any_bytes = in.bytes || out.bytes;
        const PoolTask task{ in, out, sweep_of(step) };
        if (step.op == Op::max_pool)
            (any_bytes ? bytes.max_pool : floats.max_pool)(task);
        else if (step.op == Op::avg_pool)
            (any_bytes ? bytes.avg_pool : floats.avg_pool)(task);
        else
            (any_bytes ? bytes.global_avg_pool : floats.global_avg_pool)(in, out);
    }

    void convert(const View& in, const View& out) const
    {
        if (one_form(in, out))
            copy(in, out);
        else
            compiled_->kernels->bytes->sum({ &in, 1, {}, out, false });
    }

    void run_concat(const Step& step, const View& out) const
    {
        int first = 0;
        for (int input : step.inputs) {
            const View in = view(input, out.frames);
            convert(in, channels_of(out, first, in.channels));
            first += in.channels;
        }
    }

    void run_concat_width(const Step& step, const View& out) const
    {
        int first = 0;
        for (int input : step.inputs) {
            const View in = view(input, out.frames);
            convert(in, positions_of(out, first, in.width));
            first += in.width;
        }
    }

    std::shared_ptr<const Compiled> compiled_;
    AlignedBytes arena_;
    std::vector<View> views_; ///< of each value, without a number of frames
};

} // namespace

std::unique_ptr<Program> make_native_program(const Plan& plan, int max_batch)
{
    return std::make_unique<NativeProgram>(compile(plan, max_batch));
}

} // namespace prunedamr::engine
