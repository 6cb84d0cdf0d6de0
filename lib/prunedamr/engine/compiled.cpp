// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/compiled.h"

#include "prunedamr/engine/pack.h"
#include "prunedamr/engine/pack_bytes.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::engine {
namespace {

using graph::Op;

/// Activations of the frames that go through the network together stay in the second-level cache.
constexpr std::size_t kArenaBytes = 512 * 1024;

/// Kernels read whole vectors, also where fewer bytes are left.
constexpr std::size_t kSlack = 64;

/// Convs read zeros left and right of a row instead of testing for its ends.
std::vector<int> find_borders(const Plan& plan)
{
    std::vector<int> borders(plan.values.size(), 0);
    for (const Step& step : plan.steps)
        if (step.op == Op::conv)
            borders[step.inputs[0]] = std::max(borders[step.inputs[0]], step.window.pad_w);
    return borders;
}

std::size_t size_of(const Value& value, int border, int frames)
{
    const auto& shape = value.shape;
    const auto count =
        static_cast<std::size_t>(frames * shape.height * (shape.width + 2 * border) * shape.channels);
    return value.form ? count + kSlack : count * sizeof(float);
}

void place_values(Compiled& compiled, int max_batch)
{
    const Plan& plan = compiled.plan;
    compiled.borders = find_borders(plan);
    const auto place_frames = [&](int frames) {
        std::vector<Block> blocks;
        for (std::size_t v = 0; v < plan.values.size(); ++v)
            blocks.push_back({ plan.values[v].first, plan.values[v].last,
                               size_of(plan.values[v], compiled.borders[v], frames) });
        return place(blocks);
    };
    const std::size_t one = place_frames(1).size;
    compiled.chunk =
        static_cast<int>(std::clamp<std::size_t>(kArenaBytes / one, 1, static_cast<std::size_t>(max_batch)));
    const Placement placement = place_frames(compiled.chunk);
    compiled.arena_bytes = placement.size;
    compiled.offsets = placement.offsets;
}

/// Constants one after the other, each on a cache line's border.
class Memory
{
public:
    template <typename T> std::size_t append(const std::vector<T>& data)
    {
        const std::size_t offset = bytes_.size();
        bytes_.resize((offset + data.size() * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment);
        if (!data.empty())
            std::memcpy(bytes_.data() + offset, data.data(), data.size() * sizeof(T));
        return offset;
    }
    std::unique_ptr<AlignedBytes> aligned() const
    {
        auto result = std::make_unique<AlignedBytes>(bytes_.size());
        std::copy(bytes_.begin(), bytes_.end(), result->data());
        return result;
    }

private:
    std::vector<std::byte> bytes_;
};

StepConstants append_conv(Memory& memory, const Compiled& compiled, const Step& step)
{
    const Plan& plan = compiled.plan;
    const Value& in = plan.values[step.inputs[0]];
    const std::int64_t out = plan.values[step.output].shape.channels;
    const bool depthwise = is_depthwise(plan, step);
    if (step.whole) {
        const ByteKernels& kernels = *compiled.kernels->bytes;
        const PackedBytes packed = depthwise ? pack_depthwise_bytes(step, *in.form, kernels)
                                             : pack_bytes(step, in.shape.channels, *in.form, kernels);
        return { memory.append(packed.weights), memory.append(packed.bias), memory.append(packed.factors),
                 memory.append(packed.corrections) };
    }
    const PackedConv packed =
        depthwise ? pack_depthwise(step, out) : pack_conv(step, in.shape.channels, out, *compiled.kernels->floats);
    return { memory.append(packed.weights), memory.append(packed.bias) };
}

void pack_constants(Compiled& compiled)
{
    Memory memory;
    for (Step& step : compiled.plan.steps) {
        compiled.constants.push_back(step.op == Op::conv ? append_conv(memory, compiled, step) : StepConstants{});
        compiled.macs.push_back(macs_of(compiled.plan, step));
        step.weight = {};
        step.bias = {};
    }
    compiled.memory = memory.aligned();
}

} // namespace

bool is_depthwise(const Plan& plan, const Step& step)
{
    return step.op == Op::conv && step.groups > 1 && step.groups == plan.values[step.inputs[0]].shape.channels &&
           step.groups == plan.values[step.output].shape.channels;
}

std::shared_ptr<const Compiled> compile(const Plan& plan, int max_batch)
{
    auto compiled = std::make_shared<Compiled>();
    compiled->plan = plan;
    compiled->kernels = &choose_kernels();
    compiled->frame_floats = plan.values[plan.steps.front().output].shape.count();
    compiled->classes = plan.values[plan.output].shape.count();
    place_values(*compiled, max_batch);
    pack_constants(*compiled);
    return compiled;
}

} // namespace prunedamr::engine
