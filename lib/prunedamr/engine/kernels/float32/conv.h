// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Float32 convs: a tile is positions x vectors of output channels, one dot product over the window each. A
// depthwise conv runs its vectors over the channels.

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

} // namespace
} // namespace prunedamr::engine
