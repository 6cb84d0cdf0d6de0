// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/arena.h"
#include "prunedamr/engine/isa.h"
#include "prunedamr/engine/moves.h"
#include "prunedamr/engine/pack.h"
#include "prunedamr/engine/program.h"

#include <algorithm>

namespace prunedamr::engine {
namespace {

using graph::Op;
using graph::Shape;

/// Activations of the frames that go through the network together stay in the second-level cache.
constexpr std::size_t kArenaBytes = 512 * 1024;

/// What engines that were cloned from one another share; never changed once made.
struct Compiled {
    Plan plan;
    const Kernels* kernels = nullptr;
    std::vector<int> borders;         ///< of each value
    std::vector<std::size_t> offsets; ///< of each value, floats into the arena of one chunk
    std::vector<std::size_t> weights; ///< of each step, floats into `constants`
    std::vector<std::size_t> biases;
    std::unique_ptr<AlignedBytes> constants;
    std::size_t arena_bytes = 0;
    int chunk = 1; ///< frames carried through the network together
    std::int64_t frame_floats = 0;
    std::int64_t classes = 0;
};

bool is_depthwise(const Plan& plan, const Step& step)
{
    return step.op == Op::conv && step.groups > 1 && step.groups == plan.values[step.inputs[0]].shape.channels &&
           step.groups == plan.values[step.output].shape.channels;
}

Sweep sweep_of(const Step& step)
{
    const graph::Window& w = step.window;
    return { w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.pad_h, w.pad_w };
}

/// Convs read zeros left and right of a row instead of testing for its ends.
std::vector<int> find_borders(const Plan& plan)
{
    std::vector<int> borders(plan.values.size(), 0);
    for (const Step& step : plan.steps)
        if (step.op == Op::conv)
            borders[step.inputs[0]] = std::max(borders[step.inputs[0]], step.window.pad_w);
    return borders;
}

std::size_t floats_per_frame(const Shape& shape, int border)
{
    return static_cast<std::size_t>(shape.height * (shape.width + 2 * border) * shape.channels);
}

void place_values(Compiled& compiled, int max_batch)
{
    const Plan& plan = compiled.plan;
    compiled.borders = find_borders(plan);
    const auto place_frames = [&](int frames) {
        std::vector<Block> blocks;
        for (std::size_t v = 0; v < plan.values.size(); ++v)
            blocks.push_back(
                { plan.values[v].first, plan.values[v].last,
                  frames * floats_per_frame(plan.values[v].shape, compiled.borders[v]) * sizeof(float) });
        return place(blocks);
    };
    const std::size_t one = place_frames(1).size;
    compiled.chunk =
        static_cast<int>(std::clamp<std::size_t>(kArenaBytes / one, 1, static_cast<std::size_t>(max_batch)));
    const Placement placement = place_frames(compiled.chunk);
    compiled.arena_bytes = placement.size;
    for (std::size_t offset : placement.offsets)
        compiled.offsets.push_back(offset / sizeof(float));
}

void pack_constants(Compiled& compiled)
{
    std::vector<float> all;
    const auto append = [&](const std::vector<float>& data) {
        const std::size_t offset = all.size();
        all.insert(all.end(), data.begin(), data.end());
        all.resize((all.size() * sizeof(float) + kAlignment - 1) / kAlignment * kAlignment / sizeof(float));
        return offset;
    };
    for (Step& step : compiled.plan.steps) {
        PackedConv packed;
        if (step.op == Op::conv) {
            const std::int64_t in = compiled.plan.values[step.inputs[0]].shape.channels;
            const std::int64_t out = compiled.plan.values[step.output].shape.channels;
            packed = is_depthwise(compiled.plan, step) ? pack_depthwise(step, out)
                                                       : pack_conv(step, in, out, *compiled.kernels);
        }
        compiled.weights.push_back(append(packed.weights));
        compiled.biases.push_back(append(packed.bias));
        step.weight = {};
        step.bias = {};
    }
    compiled.constants = std::make_unique<AlignedBytes>(all.size() * sizeof(float));
    std::copy(all.begin(), all.end(), compiled.constants->floats());
}

class NativeProgram : public Program
{
public:
    explicit NativeProgram(std::shared_ptr<const Compiled> compiled)
        : compiled_(std::move(compiled)), arena_(compiled_->arena_bytes)
    {
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
        return std::string("native ") + compiled_->kernels->name + ", float32";
    }

private:
    View view(int value, int frames) const
    {
        const Shape& shape = compiled_->plan.values[value].shape;
        const int border = compiled_->borders[value];
        const int channels = static_cast<int>(shape.channels);
        const int height = static_cast<int>(shape.height);
        const int width = static_cast<int>(shape.width);
        const std::ptrdiff_t row = std::ptrdiff_t{ width + 2 * border } * channels;
        float* data = arena_.floats() + compiled_->offsets[value] + std::ptrdiff_t{ border } * channels;
        return { data, height * row, row, channels, frames, height, width, channels, border };
    }

    /// As `view`, with steps of 0 where a [C, 1, 1] value is to be broadcast over the positions of `over`.
    View broadcast(int value, int frames, const View& over) const
    {
        View seen = view(value, frames);
        if (seen.height * seen.width == 1 && over.height * over.width > 1)
            seen.row_step = seen.position_step = 0;
        return seen;
    }

    void run_chunk(const float* frames, int count, float* logits) const
    {
        const Plan& plan = compiled_->plan;
        load_frames(frames, view(plan.steps.front().output, count));
        clear_border(view(plan.steps.front().output, count));
        for (std::size_t i = 1; i < plan.steps.size(); ++i) {
            run_step(i, count);
            clear_border(view(plan.steps[i].output, count));
        }
        store_frames(view(plan.output, count), logits);
    }

    void run_step(std::size_t index, int count) const
    {
        const Step& step = compiled_->plan.steps[index];
        const Kernels& kernels = *compiled_->kernels;
        const View in = view(step.inputs[0], count);
        const View out = view(step.output, count);
        switch (step.op) {
        case Op::conv:
            return run_conv(index, in, out);
        case Op::relu:
            return kernels.relu(in, out);
        case Op::sigmoid:
            return sigmoid(in, out);
        case Op::add:
            return run_add(step, out);
        case Op::mul:
            return kernels.mul(broadcast(step.inputs[0], count, out), broadcast(step.inputs[1], count, out), out);
        case Op::concat:
            return run_concat(step, out);
        case Op::concat_width:
            return run_concat_width(step, out);
        case Op::max_pool:
            return kernels.max_pool({ in, out, sweep_of(step) });
        case Op::avg_pool:
            return kernels.avg_pool({ in, out, sweep_of(step) });
        case Op::global_avg_pool:
            return kernels.global_avg_pool(in, out);
        case Op::pad_channels:
            copy_channels(in, out, 0);
            return clear_channels(out, in.channels);
        case Op::channel_shuffle:
            return shuffle_channels(in, out, static_cast<int>(step.groups));
        case Op::position_shuffle:
            return shuffle_positions(in, out, static_cast<int>(step.groups));
        case Op::complex_sum:
            return sum_complex(in, out);
        case Op::flatten:
        case Op::as_image:
            return relayout(in, out);
        case Op::input:
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
        const float* constants = compiled_->constants->floats();
        View shortcut{};
        if (step.shortcut >= 0)
            shortcut = broadcast(step.shortcut, out.frames, out);
        const ConvTask task{ in,
                             out,
                             shortcut,
                             sweep_of(step),
                             static_cast<int>(step.groups),
                             constants + compiled_->weights[index],
                             constants + compiled_->biases[index],
                             step.relu };
        (is_depthwise(compiled_->plan, step) ? compiled_->kernels->depthwise_conv : compiled_->kernels->conv)(task);
    }

    void run_add(const Step& step, const View& out) const
    {
        const Kernels& kernels = *compiled_->kernels;
        View sum = broadcast(step.inputs[0], out.frames, out);
        for (std::size_t i = 1; i < step.inputs.size(); ++i) {
            kernels.add(sum, broadcast(step.inputs[i], out.frames, out), out);
            sum = out;
        }
        if (step.relu)
            kernels.relu(out, out);
    }

    void run_concat(const Step& step, const View& out) const
    {
        int first = 0;
        for (int input : step.inputs) {
            const View in = view(input, out.frames);
            copy_channels(in, out, first);
            first += in.channels;
        }
    }

    void run_concat_width(const Step& step, const View& out) const
    {
        int first = 0;
        for (int input : step.inputs) {
            const View in = view(input, out.frames);
            copy_positions(in, out, first);
            first += in.width;
        }
    }

    std::shared_ptr<const Compiled> compiled_;
    AlignedBytes arena_;
};

} // namespace

std::unique_ptr<Program> make_native_program(const Plan& plan, int max_batch)
{
    auto compiled = std::make_shared<Compiled>();
    compiled->plan = plan;
    compiled->kernels = &choose_kernels();
    const Shape& input = plan.values[plan.steps.front().output].shape;
    compiled->frame_floats = input.count();
    compiled->classes = plan.values[plan.output].shape.count();
    place_values(*compiled, max_batch);
    pack_constants(*compiled);
    return std::make_unique<NativeProgram>(std::move(compiled));
}

} // namespace prunedamr::engine
