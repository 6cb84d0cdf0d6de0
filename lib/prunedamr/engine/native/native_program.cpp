// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/native/layout_ops.h"
#include "prunedamr/engine/native/packed_graph.h"
#include "prunedamr/engine/program.h"

#include <algorithm>
#include <chrono>

namespace prunedamr::engine {
namespace {

using graph::Op;
using graph::Shape;

bool same_dtype(const View& a, const View& b)
{
    return !a.bytes == !b.bytes && (!a.bytes || (a.scale == b.scale && a.zero_point == b.zero_point));
}

class NativeProgram : public Program
{
public:
    explicit NativeProgram(std::shared_ptr<const PackedGraph> packed)
        : packed_(std::move(packed)), arena_(packed_->arena_bytes),
          wide_(static_cast<std::size_t>(packed_->wide_count) * sizeof(std::uint16_t) + kAlignment)
    {
        for (std::size_t value = 0; value < packed_->graph.values.size(); ++value)
            views_.push_back(place_view(value));
        for (std::size_t i = 0; i < packed_->graph.steps.size(); ++i)
            tasks_.push_back(task_of(i));
    }

    void run(const float* frames, int batch, float* logits) noexcept override
    {
        for (int first = 0; first < batch; first += packed_->chunk) {
            const int count = std::min(packed_->chunk, batch - first);
            run_chunk(frames + first * packed_->frame_floats, count, logits + first * packed_->classes);
        }
    }

    std::unique_ptr<Program> clone() const override { return std::make_unique<NativeProgram>(packed_); }

    std::string description() const override
    {
        const KernelSet& kernels = *packed_->kernels;
        return has_int8(packed_->graph) ? std::string("native ") + kernels.name + ", int8"
                                        : std::string("native ") + kernels.float32->name + ", float32";
    }

    std::vector<StepTime> profile(const float* frames, int batch, int repetitions) override
    {
        const int count = std::min(packed_->chunk, batch);
        set_frames(count);
        const std::vector<Step>& steps = packed_->graph.steps;
        std::vector<std::vector<double>> us(steps.size());
        for (int repetition = 0; repetition < repetitions; ++repetition)
            for (std::size_t i = 0; i < steps.size(); ++i)
                us[i].push_back(time_step(i, frames));
        std::vector<StepTime> times;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            std::nth_element(us[i].begin(), us[i].begin() + repetitions / 2, us[i].end());
            const bool copies = steps[i].op == Op::concat && steps[i].inputs.size() == 1;
            times.push_back({ steps[i].node, copies ? "convert" : to_string(steps[i].op), steps[i].int8,
                              count * packed_->macs[i], us[i][static_cast<std::size_t>(repetitions / 2)] });
        }
        return times;
    }

private:
    /// Microseconds for one of several times in a row.
    double time_step(std::size_t index, const float* frames) const
    {
        constexpr int kTimes = 16;
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < kTimes; ++i)
            run_step(index, frames);
        const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
        return took.count() / kTimes;
    }

    View place_view(std::size_t index) const
    {
        const Value& value = packed_->graph.values[index];
        const auto channels = static_cast<int>(value.shape.channels);
        const auto height = static_cast<int>(value.shape.height);
        const auto width = static_cast<int>(value.shape.width);
        const int border = packed_->borders[index];
        const std::ptrdiff_t row = std::ptrdiff_t{ width + 2 * border } * channels;
        const std::ptrdiff_t start = std::ptrdiff_t{ border } * channels;
        std::byte* memory = arena_.data() + packed_->offsets[index];
        View view{};
        if (value.dtype) {
            view.bytes = reinterpret_cast<std::uint8_t*>(memory) + start;
            view.scale = value.dtype->scale;
            view.zero_point = value.dtype->zero_point;
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

    const View& view(int value) const { return views_[value]; }

    /// As `view`, with steps of 0 where a [C, 1, 1] value is to be broadcast over the positions of `over`.
    View broadcast(int value, const View& over) const
    {
        View seen = view(value);
        if (seen.height * seen.width == 1 && over.height * over.width > 1)
            seen.row_step = seen.position_step = 0;
        return seen;
    }

    /// The arguments of a step, all but the number of frames, made before the first frame comes.
    struct Task {
        ConvTask conv{};
        void (*run_conv)(const ConvTask&) = nullptr;
        std::vector<View> inputs; ///< of `sum`
        SumTask sum{};
        void (*run_sum)(const SumTask&) = nullptr;
    };

    Task task_of(std::size_t index) const
    {
        const Step& step = packed_->graph.steps[index];
        if (step.op == Op::conv)
            return conv_task(index);
        if (step.op == Op::relu || step.op == Op::add || step.op == Op::mul)
            return sum_task(step);
        return {};
    }

    Task conv_task(std::size_t index) const
    {
        const Step& step = packed_->graph.steps[index];
        const StepConstants& at = packed_->constants[index];
        const std::byte* memory = packed_->constant_memory->data();
        const View& out = view(step.output);
        Task task;
        task.conv = { view(step.inputs[0]),
                      out,
                      step.shortcut >= 0 ? broadcast(step.shortcut, out) : View{},
                      step.window,
                      static_cast<int>(step.groups),
                      memory + at.weights,
                      reinterpret_cast<const float*>(memory + at.bias),
                      step.relu,
                      reinterpret_cast<const float*>(memory + at.factors),
                      reinterpret_cast<const std::int32_t*>(memory + at.corrections),
                      reinterpret_cast<std::uint16_t*>(wide_.data()),
                      packed_->wide_count };
        const KernelSet& kernels = *packed_->kernels;
        if (is_depthwise(packed_->graph, step))
            task.run_conv = step.int8 ? kernels.int8->depthwise_conv : kernels.float32->depthwise_conv;
        else
            task.run_conv = step.int8 ? kernels.int8->conv : kernels.float32->conv;
        return task;
    }

    /// relu, add and mul.
    Task sum_task(const Step& step) const
    {
        const View& out = view(step.output);
        Task task;
        for (int value : step.inputs)
            task.inputs.push_back(broadcast(value, out));
        View gate{};
        if (step.op == Op::mul) {
            gate = task.inputs.back();
            task.inputs.pop_back();
        } else if (step.gate >= 0) {
            gate = broadcast(step.gate, out);
        }
        const auto is_int8 = [](const View& seen) { return seen.bytes != nullptr; };
        const bool int8 =
            is_int8(out) || is_int8(gate) || std::any_of(task.inputs.begin(), task.inputs.end(), is_int8);
        task.sum = { nullptr, static_cast<int>(task.inputs.size()), gate, out, step.relu || step.op == Op::relu };
        task.run_sum = int8 ? packed_->kernels->int8->sum : packed_->kernels->float32->sum;
        return task;
    }

    void set_frames(int count)
    {
        if (count == frames_)
            return;
        frames_ = count;
        for (View& view : views_)
            view.frames = count;
        for (Task& task : tasks_) {
            task.conv.in.frames = task.conv.out.frames = task.conv.shortcut.frames = count;
            task.sum.gate.frames = task.sum.out.frames = count;
            for (View& view : task.inputs)
                view.frames = count;
            task.sum.inputs = task.inputs.data();
        }
    }

    void run_chunk(const float* frames, int count, float* logits)
    {
        set_frames(count);
        for (std::size_t i = 0; i < packed_->graph.steps.size(); ++i)
            run_step(i, frames);
        store_frames(view(packed_->graph.output), logits);
    }

    void run_step(std::size_t index, const float* frames) const
    {
        const Step& step = packed_->graph.steps[index];
        const View& out = view(step.output);
        if (step.op == Op::input)
            load_frames(frames, out);
        else
            compute(index, view(step.inputs[0]), out);
        clear_border(out);
    }

    void compute(std::size_t index, const View& in, const View& out) const
    {
        const Step& step = packed_->graph.steps[index];
        switch (step.op) {
        case Op::conv:
            return tasks_[index].run_conv(tasks_[index].conv);
        case Op::relu:
        case Op::add:
        case Op::mul:
            return tasks_[index].run_sum(tasks_[index].sum);
        case Op::max_pool:
        case Op::avg_pool:
        case Op::global_avg_pool:
            return pool(step, in, out);
        case Op::sigmoid:
            return packed_->kernels->float32->sigmoid(in, out);
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
            break; // `compile_graph` leaves none of these
        }
    }

    void pool(const Step& step, const View& in, const View& out) const
    {
        const Float32Kernels& float32 = *packed_->kernels->float32;
        const Int8Kernels& int8 = *packed_->kernels->int8;
        const bool any_int8 = in.bytes || out.bytes;
        const PoolTask task{ in, out, step.window };
        if (step.op == Op::max_pool)
            (any_int8 ? int8.max_pool : float32.max_pool)(task);
        else if (step.op == Op::avg_pool)
            (any_int8 ? int8.avg_pool : float32.avg_pool)(task);
        else
            (any_int8 ? int8.global_avg_pool : float32.global_avg_pool)(in, out);
    }

    void convert(const View& in, const View& out) const
    {
        if (same_dtype(in, out))
            copy(in, out);
        else
            packed_->kernels->int8->sum({ &in, 1, {}, out, false });
    }

    void run_concat(const Step& step, const View& out) const
    {
        int first = 0;
        for (int input : step.inputs) {
            const View& in = view(input);
            convert(in, channels_of(out, first, in.channels));
            first += in.channels;
        }
    }

    void run_concat_width(const Step& step, const View& out) const
    {
        int first = 0;
        for (int input : step.inputs) {
            const View& in = view(input);
            convert(in, positions_of(out, first, in.width));
            first += in.width;
        }
    }

    std::shared_ptr<const PackedGraph> packed_;
    AlignedBytes arena_;
    AlignedBytes wide_;       ///< `ConvTask::wide`
    std::vector<View> views_; ///< of each value
    std::vector<Task> tasks_; ///< of each step
    int frames_ = 0;          ///< that all of them are for
};

} // namespace

std::unique_ptr<Program> make_native_program(const CompiledGraph& graph, int max_batch)
{
    return std::make_unique<NativeProgram>(pack_graph(graph, max_batch));
}

} // namespace prunedamr::engine
