// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Int8 depthwise convs of four vectors of channels at a time by dot products of four bytes (AVX-512 VNNI,
// AVX-VNNI).

#ifndef PRUNEDAMR_LANES // this header is opened alone
#define PRUNEDAMR_VNNI
#include "prunedamr/engine/kernels/int8/avx512.h"
#endif

#include "prunedamr/engine/kernels/int8/depthwise.h"

#define PRUNEDAMR_INT8_DEPTHWISE

namespace prunedamr::engine {
namespace {

constexpr int kDepthLanes = 4 * kLanes;
constexpr WeightOrder kDepthOrder = WeightOrder::quads;

/// Adds the products of a row of the kernel, or of some of its taps, for two vectors of channels: the first or the
/// second `Half`. Four samples that follow each other serve all positions that read them; beyond the last one
/// weights are zero. In this order all fits into the registers.
template <int Taps, int Stride, int Half, int Positions>
PRUNEDAMR_INLINE void add_row(IVec (&sums)[2][Positions], const std::uint8_t* in, std::ptrdiff_t step,
                              const std::int8_t* weights, int channels)
{
    constexpr int kSamples = (Positions - 1) * Stride + Taps, kTapQuads = (Taps + 3) / 4;
    Quads w[2][kTapQuads], samples[kSamples], pairs[kSamples];
#pragma GCC unroll 4
    for (int j = 0; j < kTapQuads; ++j)
#pragma GCC unroll 2
        for (int part = 0; part < 2; ++part)
            w[part][j] = load_register(weights + 4 * (j * channels + (2 * Half + part) * kLanes));
#pragma GCC unroll 32
    for (int i = -3; i < kSamples; ++i) {
        if (i + 3 < kSamples)
            samples[i + 3] = channels_of(in + (i + 3) * step);
        if (i + 2 >= 0 && i + 2 < kSamples) {
            const Quads a = samples[i + 2], b = samples[i + 3 < kSamples ? i + 3 : kSamples - 1];
            pairs[i + 2] = unpack_bytes<Half>(a, b);
        }
        if (i < 0)
            continue;
        const Quads a = pairs[i], b = pairs[i + 2 < kSamples ? i + 2 : kSamples - 1];
        const Quads quads[2] = { unpack_words<false>(a, b), unpack_words<true>(a, b) };
#pragma GCC unroll 4
        for (int j = 0; j < kTapQuads; ++j)
#pragma GCC unroll 2
            for (int part = 0; part < 2; ++part)
                if (const int from = i - 4 * j; from >= 0 && from % Stride == 0 && from / Stride < Positions) {
                    IVec& sum = sums[part][from / Stride];
                    sum = add_products(sum, quads[part], w[part][j]);
                }
    }
}

/// All of a kernel's rows, for one half of the channels.
template <int Taps, int Stride, int Half, int Positions>
PRUNEDAMR_INLINE void add_half(IVec (&sums)[2][Positions], const DepthTile& tile)
{
    const ConvTask& task = *tile.task;
    const int taps = Taps ? Taps : task.geometry.kernel_w, channels = padded(task.out.channels, kDepthLanes);
    const std::ptrdiff_t step = task.in.position_step, row_weights = 4 * ((taps + 3) / 4) * channels;
    const auto* weights =
        static_cast<const std::int8_t*>(task.weights) + 4 * tile.channel + tile.first_row * row_weights;
#pragma GCC unroll 2
    for (int part = 0; part < 2; ++part) {
        const IVec start =
            corrections(task, tile.first_row, tile.rows, channels, tile.channel + (2 * Half + part) * kLanes);
#pragma GCC unroll 16
        for (int m = 0; m < Positions; ++m)
            sums[part][m] = start;
    }
    for (int row = 0; row < tile.rows; ++row, weights += row_weights) {
        const std::uint8_t* in = task.in.bytes + tile.in + row * task.in.row_step;
        if constexpr (Taps > 0) {
            add_row<Taps, Stride, Half>(sums, in, step, weights, channels);
        } else {
            int tap = 0;
            for (; tap + 4 <= taps; tap += 4)
                add_row<4, 1, Half>(sums, in + tap * step, step, weights + tap * channels, channels);
            if (taps - tap == 3)
                add_row<3, 1, Half>(sums, in + tap * step, step, weights + tap * channels, channels);
            else if (taps - tap == 2)
                add_row<2, 1, Half>(sums, in + tap * step, step, weights + tap * channels, channels);
            else if (taps - tap == 1)
                add_row<1, 1, Half>(sums, in + tap * step, step, weights + tap * channels, channels);
        }
    }
}

/// Both vectors of a half as they are packed to bytes, two by two.
template <int Half, int Positions>
PRUNEDAMR_INLINE void to_words(Quads (&words)[Positions], const IVec (&sums)[2][Positions], const ConvTask& task,
                               int channel, const Params& params)
{
    const float *factors = task.factors + channel + 2 * Half * kLanes,
                *bias = task.bias + channel + 2 * Half * kLanes;
    const Vec factor[2] = { load(factors), load(factors + kLanes) },
              offset[2] = { load(bias), load(bias + kLanes) };
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m)
        words[m] = pack_words(quantize(to_float(sums[0][m]) * factor[0] + offset[0], params),
                              quantize(to_float(sums[1][m]) * factor[1] + offset[1], params));
}

/// To bytes, without a shortcut.
template <int Taps, int Stride, int Positions>
__attribute__((noinline)) void depth_tile_of_bytes(const DepthTile& tile)
{
    const ConvTask& task = *tile.task;
    const Params params = params_of(task.out, task.relu);
    IVec sums[2][Positions];
    Quads low[Positions], high[Positions];
    add_half<Taps, Stride, 0>(sums, tile);
    to_words<0>(low, sums, task, tile.channel, params);
    if (tile.lanes > 2 * kLanes) {
        add_half<Taps, Stride, 1>(sums, tile);
        to_words<1>(high, sums, task, tile.channel, params);
    } else {
#pragma GCC unroll 16
        for (int m = 0; m < Positions; ++m)
            high[m] = low[m];
    }
    std::uint8_t* to = task.out.bytes + tile.out;
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m, to += task.out.position_step)
        store_bytes(to, low[m], high[m], params.limits, tile.lanes);
}

template <int Taps, int Stride, int Positions>
__attribute__((noinline)) void depth_tile_of_any(const DepthTile& tile)
{
    IVec half[2][Positions], sums[Positions][4];
    add_half<Taps, Stride, 0>(half, tile);
    for (int m = 0; m < Positions; ++m)
        for (int part = 0; part < 2; ++part)
            sums[m][part] = half[part][m];
    add_half<Taps, Stride, 1>(half, tile);
    for (int m = 0; m < Positions; ++m)
        for (int part = 0; part < 2; ++part)
            sums[m][2 + part] = half[part][m];
    for (int m = 0; m < Positions; ++m)
        finish_depth(moved(tile, m), sums[m]);
}

template <int Taps, int Stride, int Positions> void depth_tile(const DepthTile& tile)
{
    if (tile.finish->ending() == Ending::bytes)
        depth_tile_of_bytes<Taps, Stride, Positions>(tile);
    else
        depth_tile_of_any<Taps, Stride, Positions>(tile);
}

void depthwise_conv(const ConvTask& task)
{
    each_depth_row<kDepthLanes>(task, [](const DepthTile& tile) { depth_row(tile); });
}

} // namespace
} // namespace prunedamr::engine
