// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The float32 kernels of one instruction set, and their table. In a conv a tile is positions x vectors of output
// channels, one dot product over the window each. Everything else runs its vectors over the channels of one
// position.

#include "prunedamr/engine/kernels/conv_tiles.h"

namespace prunedamr::engine {
namespace {

/// A float32 sum needs no preparation.
struct Float32Finish {
    explicit Float32Finish(const ConvTask&) {}
};

template <int Positions, int Vectors>
PRUNEDAMR_INLINE void finish_tile(const Tile<Float32Finish>& tile, const Vec (&sums)[Positions][Vectors])
{
    const ConvTask& task = *tile.task;
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m)
#pragma GCC unroll 16
        for (int n = 0; n < Vectors; ++n) {
            const int lanes = n == Vectors - 1 ? tile.last_lanes : kLanes;
            Vec v = sums[m][n];
            if (task.shortcut.data)
                v += load_lanes(task.shortcut.data + tile.shortcut + m * tile.shortcut_step + n * kLanes, lanes);
            store_lanes(task.out.data + tile.out + m * tile.out_step + n * kLanes, task.relu ? clip(v) : v, lanes);
        }
}

#ifdef PRUNEDAMR_NEON
/// Neighboring inputs of a position; an instruction picks one of them.
constexpr int kInputs = 4;

/// Adds the products of inputs `Input` to before `Count`, one after the other: neighboring instructions then do
/// not wait for each other.
template <int Input, int Count, int Positions, int Vectors>
PRUNEDAMR_INLINE void add_each(Vec (&sums)[Positions][Vectors], const Vec (&x)[Positions], const float* weights)
{
    if constexpr (Input < Count) {
#pragma GCC unroll 16
        for (int m = 0; m < Positions; ++m)
#pragma GCC unroll 16
            for (int n = 0; n < Vectors; ++n)
                sums[m][n] = Vec(vfmaq_laneq_f32(float32x4_t(sums[m][n]), float32x4_t(load(weights + n * kLanes)),
                                                 float32x4_t(x[m]), Input));
        add_each<Input + 1, Count>(sums, x, weights + Vectors * kLanes);
    }
}

/// Adds the products of `Count` inputs, from `at` on.
template <int Count, int Positions, int Vectors>
PRUNEDAMR_INLINE void add_inputs(Vec (&sums)[Positions][Vectors], const float* const (&in)[pointers(Positions)],
                                 std::ptrdiff_t step, int at, const float* weights)
{
    Vec x[Positions];
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m)
        x[m] = load_lanes(in[m / 3] + at + (m % 3) * step, Count);
    add_each<0, Count>(sums, x, weights);
}
#else
constexpr int kInputs = 1;

template <int, int Positions, int Vectors>
PRUNEDAMR_INLINE void add_inputs(Vec (&sums)[Positions][Vectors], const float* const (&in)[pointers(Positions)],
                                 std::ptrdiff_t step, int at, const float* weights)
{
    for (int m = 0; m < Positions; ++m) {
        const Vec x = broadcast(in[m / 3][at + (m % 3) * step]);
        for (int n = 0; n < Vectors; ++n)
            sums[m][n] += x * load(weights + n * kLanes);
    }
}
#endif

struct Float32Conv {
    using Finish = Float32Finish;

    static std::ptrdiff_t weights_of_run(int run, int vectors) { return std::ptrdiff_t{ run } * vectors * kLanes; }

    template <int Positions, int Vectors>
    static __attribute__((noinline)) void conv_tile(const Tile<Float32Finish>& tile)
    {
        const ConvTask& task = *tile.task;
        const std::ptrdiff_t step = tile.position_step;
        const float* weights = static_cast<const float*>(task.weights) + tile.weights;
        Vec sums[Positions][Vectors];
#pragma GCC unroll 16
        for (int m = 0; m < Positions; ++m)
#pragma GCC unroll 16
            for (int n = 0; n < Vectors; ++n)
                sums[m][n] = load(task.bias + tile.channel + n * kLanes);

        for (int row = 0; row < tile.rows; ++row)
            for (int tap = 0; tap < tile.taps; ++tap) {
                const float* in[pointers(Positions)];
                for (int g = 0; g < pointers(Positions); ++g)
                    in[g] = task.in.data + tile.in + row * tile.row_step + tap * tile.tap_step + 3 * g * step;
                int k = 0;
                for (; k + kInputs <= tile.run; k += kInputs, weights += kInputs * Vectors * kLanes)
                    add_inputs<kInputs>(sums, in, step, k, weights);
                if constexpr (kInputs > 1)
                    for (; k < tile.run; ++k, weights += Vectors * kLanes)
                        add_inputs<1>(sums, in, step, k, weights);
            }
        finish_tile<Positions, Vectors>(tile, sums);
    }
};

/// `Positions` neighbors of one output row, from column `x` on, of one vector of channels from `c` on.
template <int Positions> void depth_tile(const ConvTask& task, int frame, int y, int x, int c, int lanes)
{
    const graph::ConvGeometry& geometry = task.geometry;
    const int channels = task.out.channels;
    const int first = y * geometry.stride_h - geometry.pad_h;
    const Taps rows = valid_taps(first, geometry.kernel_h, task.in.height);
    const std::ptrdiff_t step = geometry.stride_w * task.in.position_step;
    Vec sums[Positions];
    for (int m = 0; m < Positions; ++m)
        sums[m] = load_lanes(task.bias + c, lanes);
    for (int row = rows.begin; row < rows.end; ++row) {
        const float* in = at(task.in, frame, first + row, x * geometry.stride_w - geometry.pad_w) + c;
        const float* weights = static_cast<const float*>(task.weights) + row * geometry.kernel_w * channels + c;
        for (int tap = 0; tap < geometry.kernel_w; ++tap, in += task.in.position_step, weights += channels) {
            const Vec weight = load_lanes(weights, lanes);
            for (int m = 0; m < Positions; ++m)
                sums[m] += load_lanes(in + m * step, lanes) * weight;
        }
    }
    for (int m = 0; m < Positions; ++m) {
        if (task.shortcut.data)
            sums[m] += load_lanes(at(task.shortcut, frame, y, x + m) + c, lanes);
        store_lanes(at(task.out, frame, y, x + m) + c, task.relu ? clip(sums[m]) : sums[m], lanes);
    }
}

void depthwise_conv(const ConvTask& task)
{
    constexpr int kPositions = 8;
    const View& out = task.out;
    each_vector(out.channels, [&](int c, int lanes) {
        for (int frame = 0; frame < out.frames; ++frame)
            for (int y = 0; y < out.height; ++y) {
                int x = 0;
                for (; x + kPositions <= out.width; x += kPositions)
                    lanes == kLanes ? depth_tile<kPositions>(task, frame, y, x, c, kLanes)
                                    : depth_tile<kPositions>(task, frame, y, x, c, lanes);
                for (; x < out.width; ++x)
                    depth_tile<1>(task, frame, y, x, c, lanes);
            }
    });
}

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

/// Multiply-accumulates done in `rounds` rounds: as many independent ones as keep the units of a core busy, on
/// registers alone.
double peak(long rounds)
{
    constexpr int kSums = PRUNEDAMR_PEAK_SUMS;
    const volatile float unknown = 0.5f; // or the compiler would do the sums
    const Vec factor = broadcast(unknown), term = broadcast(unknown);
    Vec sums[kSums];
    for (int i = 0; i < kSums; ++i)
        sums[i] = broadcast(unknown * static_cast<float>(i));
    for (long round = 0; round < rounds; ++round)
        for (int i = 0; i < kSums; ++i)
            sums[i] = sums[i] * factor + term;
    Vec all{};
    for (int i = 0; i < kSums; ++i)
        all += sums[i];
    volatile float used = all[0];
    static_cast<void>(used);
    return static_cast<double>(rounds) * kSums * kLanes;
}

constexpr Float32Kernels float32_table(const char* name)
{
    return { name, kLanes,  kMaxVectors, conv<Float32Conv>, depthwise_conv, max_pool, avg_pool, global_avg_pool,
             sum,  sigmoid, peak };
}

} // namespace
} // namespace prunedamr::engine
