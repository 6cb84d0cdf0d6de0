// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The table of the int8 kernels of one instruction set, whose source file has included its depthwise conv; and the
// operations on either dtype whose vectors run over the channels of one position.

#include "prunedamr/engine/kernels/int8/conv.h"

#ifndef PRUNEDAMR_INT8_DEPTHWISE
#include "prunedamr/engine/kernels/int8/depthwise_pairs.h"
#endif

namespace prunedamr::engine {
namespace {

/// `start`, then `join`ed with every sample of the window that exists, then `end` given their number.
template <typename Join, typename End> void pool(const PoolTask& task, float start, Join join, End end)
{
    const graph::ConvGeometry& geometry = task.geometry;
    const Source in(task.in);
    const Sink out(task.out);
    each_position(task.out, [&](int frame, int y, int x) {
        const int top = y * geometry.stride_h - geometry.pad_h;
        const int left = x * geometry.stride_w - geometry.pad_w;
        const Taps rows = valid_taps(top, geometry.kernel_h, task.in.height);
        const Taps taps = valid_taps(left, geometry.kernel_w, task.in.width);
        each_vector(task.out.channels, [&](int c, int lanes) {
            Vec v = broadcast(start);
            for (int row = rows.begin; row < rows.end; ++row)
                for (int tap = taps.begin; tap < taps.end; ++tap)
                    v = join(v, in(place(task.in, frame, top + row, left + tap) + c, lanes));
            out(place(task.out, frame, y, x) + c, end(v, (rows.end - rows.begin) * (taps.end - taps.begin)), lanes);
        });
    });
}

void max_pool(const PoolTask& task)
{
    pool(
        task, -__builtin_inff(), [](Vec a, Vec b) { return a > b ? a : b; }, [](Vec v, int) { return v; });
}

void avg_pool(const PoolTask& task)
{
    pool(
        task, 0.0f, [](Vec a, Vec b) { return a + b; },
        [](Vec v, int count) { return v * broadcast(1.0f / static_cast<float>(larger(count, 1))); });
}

/// Sums of int8 are integers: exact up to 2^23 positions.
void global_avg_pool(const View& in, const View& out)
{
    const int positions = in.height * in.width;
    const Sink sink(out);
    const Vec factor = broadcast((in.bytes ? in.scale : 1.0f) / static_cast<float>(positions));
    for (int frame = 0; frame < in.frames; ++frame)
        each_vector(in.channels, [&](int c, int lanes) {
            IVec integers = broadcast_int(-positions * in.zero_point);
            Vec sum{};
            for (int y = 0; y < in.height; ++y) {
                const std::ptrdiff_t at = place(in, frame, y, 0) + c, step = in.position_step;
                for (int x = 0; in.bytes && x < in.width; ++x)
                    integers += widen(in.bytes + at + x * step);
                for (int x = 0; in.data && x < in.width; ++x)
                    sum += load_lanes(in.data + at + x * step, lanes);
            }
            sink(place(out, frame, 0, 0) + c, (in.bytes ? to_float(integers) : sum) * factor, lanes);
        });
}

/// Sums of any dtypes.
void sum_of_any(const SumTask& task)
{
    const Sink out(task.out, task.relu);
    const Source gate(task.gate);
    each_run(task, [&](int frame, int y, int x, int count) {
        const auto from = [&](const View& view) { return place(view, frame, y, x); };
        each_vector(count, [&](int c, int lanes) {
            Vec v = Source(task.inputs[0])(from(task.inputs[0]) + c, lanes);
            if (is_set(task.gate))
                v *= gate(from(task.gate) + c, lanes);
            for (int i = 1; i < task.count; ++i)
                v += Source(task.inputs[i])(from(task.inputs[i]) + c, lanes);
            out(from(task.out) + c, v, lanes);
        });
    });
}

/// Views of one dtype.
struct Int8Source {
    const std::uint8_t* bytes;
    Params params;
    explicit Int8Source(const View& view) : bytes(view.bytes), params(params_of(view)) {}
    PRUNEDAMR_INLINE Vec operator()(std::ptrdiff_t place, int) const
    {
        return dequantize(widen(bytes + place), params);
    }
};
struct Float32Source {
    const float* data;
    explicit Float32Source(const View& view) : data(view.data) {}
    PRUNEDAMR_INLINE Vec operator()(std::ptrdiff_t place, int lanes) const
    {
        return load_lanes(data + place, lanes);
    }
};

/// To int8: what most networks do most. One input, times a float32 gate if `Gated`, and another one if `Two`.
template <bool Gated, bool Two, typename Input> void sum_to_int8(const SumTask& task)
{
    const View &in = task.inputs[0], &more = task.inputs[Two ? 1 : 0];
    const Input first(in), second(more);
    const Params params = params_of(task.out, task.relu);
    each_run(task, [&](int frame, int y, int x, int count) {
        std::uint8_t* to = task.out.bytes + place(task.out, frame, y, x);
        const std::ptrdiff_t first_at = place(in, frame, y, x), second_at = place(more, frame, y, x);
        const float* gate = Gated ? at(task.gate, frame, y, x) : nullptr;
        const auto value = [&](int c, int lanes) {
            Vec v = first(first_at + c, lanes);
            if constexpr (Gated)
                v *= load_lanes(gate + c, lanes);
            if constexpr (Two)
                v += second(second_at + c, lanes);
            return quantize(v, params);
        };
        int c = 0;
        for (; c + 4 * kLanes <= count; c += 4 * kLanes)
            narrow_four(to + c, value(c, kLanes), value(c + kLanes, kLanes), value(c + 2 * kLanes, kLanes),
                        value(c + 3 * kLanes, kLanes), params.limits);
        for (; c < count; c += kLanes) {
            const int lanes = smaller(kLanes, count - c);
            narrow(to + c, value(c, lanes), params.limits, lanes);
        }
    });
}

void sum(const SumTask& task)
{
    const bool two = task.count == 2, gated = is_set(task.gate);
    if (!task.out.bytes || task.count > 2 || task.gate.bytes ||
        (two && !task.inputs[0].bytes != !task.inputs[1].bytes))
        return sum_of_any(task);
    if (!task.inputs[0].bytes)
        return two || gated ? sum_of_any(task) : sum_to_int8<false, false, Float32Source>(task);
    if (gated)
        return two ? sum_to_int8<true, true, Int8Source>(task) : sum_to_int8<true, false, Int8Source>(task);
    return two ? sum_to_int8<false, true, Int8Source>(task) : sum_to_int8<false, false, Int8Source>(task);
}

#ifndef PRUNEDAMR_OWN_PEAK
inline Sum peak_dot(Sum sum, const Quads& x, const std::int8_t* weights)
{
    return dot<kQuads>(sum, x, weights, kQuadBytes);
}
#endif

/// As that of float32, in integers.
double peak(long rounds)
{
    constexpr int kSums = PRUNEDAMR_PEAK_SUMS;
    Input inputs[kJoined * kQuads];
    std::int8_t weights[kQuads * kQuadBytes];
    for (int i = 0; i < kJoined * kQuads; ++i)
        inputs[i] = static_cast<std::uint8_t>(rounds + i);
    for (int i = 0; i < kQuads * kQuadBytes; ++i)
        weights[i] = static_cast<std::int8_t>((rounds + i) % 100);
    Quads x = quads(inputs);
    Sum sums[kSums];
    for (int i = 0; i < kSums; ++i)
        sums[i] = begin(IVec{});
    for (long round = 0; round < rounds; ++round)
        for (int i = 0; i < kSums; ++i) {
            renew(x);
            sums[i] = peak_dot(sums[i], x, weights);
        }
    IVec all{};
    for (int i = 0; i < kSums; ++i)
        all += total(sums[i]);
    volatile std::int32_t used = all[0];
    static_cast<void>(used);
    return static_cast<double>(rounds) * kSums * kLanes * kJoined * kQuads;
}

constexpr Int8Kernels int8_table()
{
    return { kLanes,         kMaxVectors, kOrder,   kShift,          kDepthLanes, kDepthOrder, int8_conv,
             depthwise_conv, max_pool,    avg_pool, global_avg_pool, sum,         peak };
}

} // namespace
} // namespace prunedamr::engine
