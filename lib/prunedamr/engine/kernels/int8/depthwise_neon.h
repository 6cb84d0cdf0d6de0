// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Int8 depthwise convs of 16 channels at a time (NEON).

#include "prunedamr/engine/kernels/int8/neon.h"

#include "prunedamr/engine/kernels/int8/depthwise.h"

#define PRUNEDAMR_INT8_DEPTHWISE

namespace prunedamr::engine {
namespace {

constexpr int kDepthLanes = 4 * kLanes;
constexpr WeightOrder kDepthOrder = WeightOrder::singles;

inline void widen_add(IVec (&sums)[4], int16x8_t low, int16x8_t high)
{
    sums[0] = IVec(vaddw_s16(int32x4_t(sums[0]), vget_low_s16(low)));
    sums[1] = IVec(vaddw_high_s16(int32x4_t(sums[1]), low));
    sums[2] = IVec(vaddw_s16(int32x4_t(sums[2]), vget_low_s16(high)));
    sums[3] = IVec(vaddw_high_s16(int32x4_t(sums[3]), high));
}

/// Adds the products of neighboring taps, of which there are one or two, from the sample at `in` on.
template <int Taps, int Stride, int Positions>
PRUNEDAMR_INLINE void add_taps(IVec (&sums)[Positions][4], const std::uint8_t* in, std::ptrdiff_t step,
                               const std::int8_t* weights, int channels)
{
    constexpr int kSamples = (Positions - 1) * Stride + Taps;
    int8x16_t x[kSamples];
#pragma GCC unroll 16
    for (int i = 0; i < kSamples; ++i)
        x[i] = shifted_inputs(in + i * step);
    const int8x16_t w = vld1q_s8(weights), next = vld1q_s8(weights + (Taps - 1) * channels);
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m) {
        const int8x16_t first = x[m * Stride], second = x[m * Stride + Taps - 1];
        int16x8_t low = vmull_s8(vget_low_s8(first), vget_low_s8(w));
        int16x8_t high = vmull_high_s8(first, w);
        if constexpr (Taps == 2) {
            low = vmlal_s8(low, vget_low_s8(second), vget_low_s8(next));
            high = vmlal_high_s8(high, second, next);
        }
        widen_add(sums[m], low, high);
    }
}

template <int Stride, int Positions> __attribute__((noinline)) void depth_tile(const DepthTile& tile)
{
    const ConvTask& task = *tile.task;
    const int taps = task.geometry.kernel_w;
    const int channels = padded(task.out.channels, kDepthLanes);
    const std::ptrdiff_t step = task.in.position_step;
    const auto* weights =
        static_cast<const std::int8_t*>(task.weights) + tile.channel + tile.first_row * taps * channels;
    IVec sums[Positions][4];
#pragma GCC unroll 4
    for (int n = 0; n < 4; ++n)
#pragma GCC unroll 16
        for (int m = 0; m < Positions; ++m)
            sums[m][n] = corrections(task, tile.first_row, tile.rows, channels, tile.channel + n * kLanes);
    for (int row = 0; row < tile.rows; ++row) {
        const std::uint8_t* in = task.in.bytes + tile.in + row * task.in.row_step;
        for (int tap = 0; tap + 1 < taps; tap += 2, in += 2 * step, weights += 2 * channels)
            add_taps<2, Stride>(sums, in, step, weights, channels);
        if (taps % 2 == 1) {
            add_taps<1, Stride>(sums, in, step, weights, channels);
            weights += channels;
        }
    }
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m)
        finish_depth(moved(tile, m), sums[m]);
}

/// One output row; the last tile may do some of its positions again.
template <int Stride> void depth_row(const DepthTile& tile)
{
    constexpr int kPositions = 4;
    const int width = tile.task->out.width;
    if (width < kPositions)
        for (int x = 0; x < width; ++x)
            depth_tile<Stride, 1>(moved(tile, x));
    else
        for (int x = 0; x < width; x += kPositions)
            depth_tile<Stride, kPositions>(moved(tile, smaller(x, width - kPositions)));
}

void depth_row(const DepthTile& tile)
{
    switch (tile.task->geometry.stride_w) {
    case 1:
        return depth_row<1>(tile);
    case 2:
        return depth_row<2>(tile);
    default:
        for (int x = 0; x < tile.task->out.width; ++x)
            depth_tile<0, 1>(moved(tile, x));
    }
}

void depthwise_conv(const ConvTask& task)
{
    each_depth_row<kDepthLanes>(task, [](const DepthTile& tile) { depth_row(tile); });
}

} // namespace
} // namespace prunedamr::engine
