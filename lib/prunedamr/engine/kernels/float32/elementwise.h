// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Float32 operations whose vectors run over the channels of one position.

#include "prunedamr/engine/kernels/vector.h"

namespace prunedamr::engine {
namespace {

/// `start`, then `join`ed with every sample of the window that exists, then `end` given their number.
template <typename Join, typename End> void pool(const PoolTask& task, float start, Join join, End end)
{
    const graph::ConvGeometry& geometry = task.geometry;
    each_position(task.out, [&](int frame, int y, int x) {
        const int top = y * geometry.stride_h - geometry.pad_h;
        const int left = x * geometry.stride_w - geometry.pad_w;
        const Taps rows = valid_taps(top, geometry.kernel_h, task.in.height);
        const Taps taps = valid_taps(left, geometry.kernel_w, task.in.width);
        each_vector(task.out.channels, [&](int c, int lanes) {
            Vec v = broadcast(start);
            for (int row = rows.begin; row < rows.end; ++row)
                for (int tap = taps.begin; tap < taps.end; ++tap)
                    v = join(v, load_lanes(at(task.in, frame, top + row, left + tap) + c, lanes));
            store_lanes(at(task.out, frame, y, x) + c, end(v, (rows.end - rows.begin) * (taps.end - taps.begin)),
                        lanes);
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

void global_avg_pool(const View& in, const View& out)
{
    const float scale = 1.0f / static_cast<float>(in.height * in.width);
    for (int frame = 0; frame < in.frames; ++frame)
        each_vector(in.channels, [&](int c, int lanes) {
            Vec sum{};
            for (int y = 0; y < in.height; ++y)
                for (int x = 0; x < in.width; ++x)
                    sum += load_lanes(at(in, frame, y, x) + c, lanes);
            store_lanes(at(out, frame, 0, 0) + c, sum * broadcast(scale), lanes);
        });
}

void sum(const SumTask& task)
{
    each_run(task, [&](int frame, int y, int x, int count) {
        const auto from = [&](const View& view) { return at(view, frame, y, x); };
        const float* first = from(task.inputs[0]);
        const float* gate = task.gate.data ? from(task.gate) : nullptr;
        const float* second = task.count > 1 ? from(task.inputs[1]) : nullptr;
        float* out = from(task.out);
        each_vector(count, [&](int c, int lanes) {
            Vec v = load_lanes(first + c, lanes);
            if (gate)
                v *= load_lanes(gate + c, lanes);
            if (second)
                v += load_lanes(second + c, lanes);
            for (int i = 2; i < task.count; ++i)
                v += load_lanes(from(task.inputs[i]) + c, lanes);
            store_lanes(out + c, task.relu ? clip(v) : v, lanes);
        });
    });
}

/// e^x to about a unit in the last place: 2^n e^r with |r| <= ln 2 / 2 and a polynomial in r (Cephes). NaN stays
/// NaN.
inline Vec exponential(Vec x)
{
    const Vec low = broadcast(-87.0f), high = broadcast(88.0f);
    x = low > x ? low : x;
    x = high < x ? high : x;
    const Vec shift = broadcast(12582912.0f); // 1.5 * 2^23: its sum with n has no bits behind the point
    const Vec n = (x * broadcast(1.44269504f) + shift) - shift;
    const Vec r = x - n * broadcast(0.693359375f) + n * broadcast(2.12194440e-4f);
    constexpr float kTerms[] = { 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f,
                                 5.0000001201e-1f };
    Vec series = broadcast(1.9875691500e-4f);
    for (const float term : kTerms)
        series = series * r + broadcast(term);
    const IVec power = (IVec(n + shift) - 0x4b400000 + 127) << 23;
    return (series * r * r + r + broadcast(1.0f)) * Vec(power);
}

void sigmoid(const View& in, const View& out)
{
    const Vec one = broadcast(1.0f);
    each_position(out, [&](int frame, int y, int x) {
        each_vector(out.channels, [&](int c, int lanes) {
            const Vec v = load_lanes(at(in, frame, y, x) + c, lanes);
            store_lanes(at(out, frame, y, x) + c, one / (one + exponential(-v)), lanes);
        });
    });
}

} // namespace
} // namespace prunedamr::engine
