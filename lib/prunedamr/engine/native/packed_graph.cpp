// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/native/packed_graph.h"

#include "prunedamr/engine/native/pack.h"

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
std::vector<int> find_borders(const CompiledGraph& graph)
{
    std::vector<int> borders(graph.values.size(), 0);
    for (const Step& step : graph.steps)
        if (step.op == Op::conv)
            borders[step.inputs[0]] = std::max(borders[step.inputs[0]], step.window.pad_w);
    return borders;
}

std::size_t size_of(const Value& value, int border, int frames)
{
    const auto& shape = value.shape;
    const auto count =
        static_cast<std::size_t>(frames * shape.height * (shape.width + 2 * border) * shape.channels);
    return value.dtype ? count + kSlack : count * sizeof(float);
}

void place_values(PackedGraph& packed, int max_batch)
{
    const CompiledGraph& graph = packed.graph;
    packed.borders = find_borders(graph);
    const auto place_frames = [&](int frames) {
        std::vector<Block> blocks;
        for (std::size_t v = 0; v < graph.values.size(); ++v)
            blocks.push_back({ graph.values[v].first, graph.values[v].last,
                               size_of(graph.values[v], packed.borders[v], frames) });
        return place(blocks);
    };
    const std::size_t one = place_frames(1).size;
    packed.chunk =
        static_cast<int>(std::clamp<std::size_t>(kArenaBytes / one, 1, static_cast<std::size_t>(max_batch)));
    const Placement placement = place_frames(packed.chunk);
    packed.arena_bytes = placement.size;
    packed.offsets = placement.offsets;
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

StepConstants append_conv(Memory& memory, const PackedGraph& packed, const Step& step)
{
    const CompiledGraph& graph = packed.graph;
    const Value& in = graph.values[step.inputs[0]];
    const std::int64_t out = graph.values[step.output].shape.channels;
    const bool depthwise = is_depthwise(graph, step);
    if (step.int8) {
        const Int8Kernels& kernels = *packed.kernels->int8;
        const PackedInt8Conv conv = depthwise ? pack_depthwise_int8(step, *in.dtype, kernels)
                                              : pack_int8(step, in.shape.channels, *in.dtype, kernels);
        return { memory.append(conv.weights), memory.append(conv.bias), memory.append(conv.factors),
                 memory.append(conv.corrections) };
    }
    const PackedFloat32Conv conv = depthwise ? pack_depthwise_float32(step, out)
                                             : pack_float32(step, in.shape.channels, out, *packed.kernels->float32);
    return { memory.append(conv.weights), memory.append(conv.bias) };
}

void pack_constants(PackedGraph& packed)
{
    Memory memory;
    for (Step& step : packed.graph.steps) {
        packed.constants.push_back(step.op == Op::conv ? append_conv(memory, packed, step) : StepConstants{});
        packed.macs.push_back(macs_of(packed.graph, step));
        step.weight = {};
        step.bias = {};
    }
    packed.constant_memory = memory.aligned();
}

} // namespace

bool is_depthwise(const CompiledGraph& graph, const Step& step)
{
    return step.op == Op::conv && step.groups > 1 && step.groups == graph.values[step.inputs[0]].shape.channels &&
           step.groups == graph.values[step.output].shape.channels;
}

std::shared_ptr<const PackedGraph> pack_graph(const CompiledGraph& graph, int max_batch)
{
    auto packed = std::make_shared<PackedGraph>();
    packed->graph = graph;
    packed->kernels = &choose_kernels();
    packed->frame_floats = graph.values[graph.steps.front().output].shape.count();
    packed->classes = graph.values[graph.output].shape.count();
    place_values(*packed, max_batch);
    pack_constants(*packed);
    return packed;
}

} // namespace prunedamr::engine
