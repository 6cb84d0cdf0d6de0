// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/native/packed_graph.h"

#include "prunedamr/graph/quantize.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::engine {
namespace {

/// Int8 weights of a conv by place.
struct Weights {
    std::int64_t inputs, outputs; ///< per group
    int kernel_h, kernel_w;
    graph::QuantizedWeight quantized;

    Weights(const Step& step, std::int64_t in_channels)
        : inputs(in_channels / step.groups), outputs(static_cast<std::int64_t>(step.bias.size()) / step.groups),
          kernel_h(step.window.kernel_h), kernel_w(step.window.kernel_w),
          quantized(graph::quantize_weight(step.weight, static_cast<std::int64_t>(step.bias.size())))
    {
    }
    /// Output `out` of `group`; `at` counts taps and, within them, inputs. 0 beyond the end of either.
    std::int8_t value(std::int64_t group, std::int64_t out, int row, std::int64_t at) const
    {
        if (out >= outputs || at >= kernel_w * inputs)
            return 0;
        const std::int64_t filter = ((group * outputs + out) * inputs + at % inputs) * kernel_h + row;
        return quantized.values[static_cast<std::size_t>(filter * kernel_w + at / inputs)];
    }
};

std::int64_t padded(std::int64_t channels, int lanes)
{
    return (channels + lanes - 1) / lanes * lanes;
}

/// The constants of each channel.
PackedInt8Conv pack_channels(const Step& step, const Weights& weights, const graph::QuantParams& in, int lanes,
                             int shift)
{
    PackedInt8Conv packed;
    const std::int64_t all = padded(weights.outputs, lanes);
    for (std::int64_t group = 0; group < step.groups; ++group)
        for (std::int64_t out = 0; out < all; ++out) {
            const bool real = out < weights.outputs;
            const auto channel = static_cast<std::size_t>(group * weights.outputs + out);
            packed.factors.push_back(real ? in.scale * weights.quantized.scales[channel] : 0.0f);
            packed.bias.push_back(real ? step.bias[channel] : 0.0f);
        }
    for (int row = 0; row < weights.kernel_h; ++row)
        for (std::int64_t group = 0; group < step.groups; ++group)
            for (std::int64_t out = 0; out < all; ++out) {
                std::int32_t sum = 0;
                for (std::int64_t at = 0; at < weights.kernel_w * weights.inputs; ++at)
                    sum += weights.value(group, out, row, at);
                packed.corrections.push_back((shift - in.zero_point) * sum);
            }
    return packed;
}

/// Appends a weight as 16 bits.
void append_int16(std::vector<std::uint8_t>& to, std::int8_t weight)
{
    const std::int16_t wide = weight;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&wide);
    to.insert(to.end(), bytes, bytes + sizeof wide);
}

/// Inputs that one instruction joins.
int joined(WeightOrder order)
{
    return order == WeightOrder::quads ? 4 : order == WeightOrder::singles ? 1 : 2;
}

/// Appends a quad or pair of inputs from `at` on for one vector of outputs, of which those before `end` exist.
void append_inputs(std::vector<std::uint8_t>& to, const Weights& weights, std::int64_t group,
                   std::int64_t first_out, int row, std::int64_t at, std::int64_t end, const Int8Kernels& kernels)
{
    const auto value = [&](int lane, int i) {
        return at + i < end ? weights.value(group, first_out + lane, row, at + i) : std::int8_t{ 0 };
    };
    for (int lane = 0; lane < kernels.lanes; ++lane)
        for (int i = 0; i < joined(kernels.order); ++i)
            if (kernels.order == WeightOrder::quads)
                to.push_back(static_cast<std::uint8_t>(value(lane, i)));
            else
                append_int16(to, value(lane, i));
}

} // namespace

PackedFloat32Conv pack_float32(const Step& step, std::int64_t in_channels, std::int64_t out_channels,
                               const Float32Kernels& kernels)
{
    const std::int64_t taps = std::int64_t{ step.window.kernel_h } * step.window.kernel_w;
    const std::int64_t inputs = in_channels / step.groups;
    const std::int64_t outputs = out_channels / step.groups;
    const std::int64_t padded = (outputs + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
    const std::int64_t block = std::int64_t{ kernels.lanes } * kernels.max_vectors;

    PackedFloat32Conv packed;
    packed.weights.reserve(static_cast<std::size_t>(step.groups * padded * taps * inputs));
    for (std::int64_t group = 0; group < step.groups; ++group) {
        for (std::int64_t first = 0; first < padded; first += block)
            for (std::int64_t tap = 0; tap < taps; ++tap)
                for (std::int64_t in = 0; in < inputs; ++in)
                    for (std::int64_t out = first; out < std::min(first + block, padded); ++out)
                        packed.weights.push_back(
                            out < outputs ? step.weight[((group * outputs + out) * inputs + in) * taps + tap]
                                          : 0.0f);
        for (std::int64_t out = 0; out < padded; ++out)
            packed.bias.push_back(out < outputs ? step.bias[group * outputs + out] : 0.0f);
    }
    return packed;
}

PackedFloat32Conv pack_depthwise_float32(const Step& step, std::int64_t channels)
{
    const std::int64_t taps = std::int64_t{ step.window.kernel_h } * step.window.kernel_w;
    PackedFloat32Conv packed{ {}, step.bias };
    for (std::int64_t tap = 0; tap < taps; ++tap)
        for (std::int64_t c = 0; c < channels; ++c)
            packed.weights.push_back(step.weight[c * taps + tap]);
    return packed;
}

PackedInt8Conv pack_int8(const Step& step, std::int64_t in_channels, const graph::QuantParams& in,
                         const Int8Kernels& kernels)
{
    const Weights weights(step, in_channels);
    PackedInt8Conv packed = pack_channels(step, weights, in, kernels.lanes, kernels.shift);
    const std::int64_t all = padded(weights.outputs, kernels.lanes);
    const std::int64_t block = std::int64_t{ kernels.lanes } * kernels.max_vectors;
    const std::int64_t row_inputs = weights.kernel_w * weights.inputs;
    const std::int64_t run = step.groups == 1 ? row_inputs : weights.inputs;
    for (std::int64_t group = 0; group < step.groups; ++group)
        for (std::int64_t first = 0; first < all; first += block)
            for (int row = 0; row < weights.kernel_h; ++row)
                for (std::int64_t start = 0; start < row_inputs; start += run)
                    for (std::int64_t at = start; at < start + run; at += joined(kernels.order))
                        for (std::int64_t out = first; out < std::min(first + block, all); out += kernels.lanes)
                            append_inputs(packed.weights, weights, group, out, row, at, start + run, kernels);
    return packed;
}

PackedInt8Conv pack_depthwise_int8(const Step& step, const graph::QuantParams& in, const Int8Kernels& kernels)
{
    // Packed as one group of channels whose filters have one input each.
    Weights weights(step, step.groups);
    Step one = step;
    one.groups = 1;
    weights.outputs = static_cast<std::int64_t>(step.bias.size());
    const bool singles = kernels.depth_order == WeightOrder::singles,
               split = kernels.depth_order == WeightOrder::split_pairs;
    const int together = joined(kernels.depth_order);
    // The second and third four of 16 change places.
    const auto placed = [split](std::int64_t channel) {
        return channel ^ (split && (channel / 4 + 1) % 4 / 2 ? 12 : 0);
    };
    PackedInt8Conv packed = pack_channels(one, weights, in, kernels.depth_lanes, singles ? kernels.shift : 0);
    for (int row = 0; row < weights.kernel_h; ++row)
        for (int tap = 0; tap < weights.kernel_w; tap += together)
            for (std::int64_t channel = 0; channel < padded(weights.outputs, kernels.depth_lanes); ++channel)
                for (int i = tap; i < tap + together; ++i) {
                    const std::int8_t weight = weights.value(0, placed(channel), row, i);
                    if (together == 2)
                        append_int16(packed.weights, weight);
                    else
                        packed.weights.push_back(static_cast<std::uint8_t>(weight));
                }
    return packed;
}

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
    return count * (value.dtype ? 1 : sizeof(float)) + kSlack;
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

/// Inputs of 16 bits that stay in the first-level cache, or one window of those that have larger ones.
int find_wide_count(const CompiledGraph& graph, const KernelSet& kernels)
{
    std::int64_t count = 0;
    for (const Step& step : graph.steps)
        if (step.op == Op::conv && step.int8 && !is_depthwise(graph, step) &&
            kernels.int8->order == WeightOrder::pairs)
            count = std::max(
                { count, std::int64_t{ 6 * 1024 },
                  graph.values[step.inputs[0]].shape.channels * step.window.kernel_h * step.window.kernel_w });
    return static_cast<int>(count);
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
    memory.append(std::vector<std::byte>(kSlack));
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
    packed->wide_count = find_wide_count(graph, *packed->kernels);
    place_values(*packed, max_batch);
    pack_constants(*packed);
    return packed;
}

} // namespace prunedamr::engine
