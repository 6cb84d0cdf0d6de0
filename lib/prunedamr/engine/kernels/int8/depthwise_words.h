// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Int8 depthwise convs of 16 channels at a time by products of 16 bits, summed in pairs (AVX2).

#ifndef PRUNEDAMR_LANES // this header is opened alone
#include "prunedamr/engine/kernels/int8/avx2.h"
#endif

#include "prunedamr/engine/kernels/int8/depthwise.h"

#define PRUNEDAMR_INT8_DEPTHWISE

namespace prunedamr::engine {
namespace {

constexpr int kDepthLanes = 2 * kLanes;
constexpr WeightOrder kDepthOrder = WeightOrder::split_pairs;

inline __m256i words_of(const std::uint8_t* from)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

/// Two vectors in the order of `split_pairs`, and back.
inline void change_order(__m256i& a, __m256i& b)
{
    // Fours 0 1 and 2 3 become 0 2 and 1 3, and the other way round.
    const __m256i low = _mm256_permute2x128_si256(a, b, 0x20);
    b = _mm256_permute2x128_si256(a, b, 0x31);
    a = low;
}
inline void load_split(Vec (&v)[2], const float* from)
{
    __m256i a = load_register(from), b = load_register(from + kLanes);
    change_order(a, b);
    v[0] = Vec(a);
    v[1] = Vec(b);
}

/// Taps of a row go in pairs, and a pair serves all positions that read it. `Taps` 0: of any number, one position.
template <int Taps, int Stride, int Positions>
PRUNEDAMR_INLINE void add_row(IVec (&sums)[Positions][2], const std::uint8_t* in, std::ptrdiff_t step,
                              const std::int32_t* weights, int channels)
{
    constexpr int kSamples = (Positions - 1) * Stride + Taps;
    __m256i samples[kSamples];
#pragma GCC unroll 32
    for (int i = 0; i < kSamples; ++i)
        samples[i] = words_of(in + i * step);
#pragma GCC unroll 16
    for (int i = 0; i < kSamples; ++i) {
        // Beyond the last tap the weight is zero.
        const __m256i next = samples[i + 1 < kSamples ? i + 1 : i];
        const __m256i pairs[2] = { unpack_words<false>(samples[i], next), unpack_words<true>(samples[i], next) };
#pragma GCC unroll 8
        for (int tap = 0; tap < Taps; tap += 2)
            if (const int from = i - tap; from >= 0 && from % Stride == 0 && from / Stride < Positions)
                for (int half : { 0, 1 })
                    sums[from / Stride][half] =
                        add_products(sums[from / Stride][half], pairs[half],
                                     load_register(weights + tap / 2 * channels + half * kLanes));
    }
}

template <Ending End, int Positions>
PRUNEDAMR_INLINE void finish_positions(const DepthTile& tile, const IVec (&sums)[Positions][2])
{
    const ConvTask& task = *tile.task;
    const Int8Finish finish = *tile.finish;
    Vec factor[2], bias[2];
    load_split(factor, task.factors + tile.channel);
    load_split(bias, task.bias + tile.channel);
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m) {
        const std::ptrdiff_t out = tile.out + m * task.out.position_step;
        if constexpr (End == Ending::bytes) {
            const __m256i words = _mm256_adds_epi16(
                pack_words(quantize(to_float(sums[m][0]) * factor[0] + bias[0], finish.out.params),
                           quantize(to_float(sums[m][1]) * factor[1] + bias[1], finish.out.params)),
                finish.out.params.limits.zero_point_words);
            const __m256i halves =
                _mm256_max_epu8(_mm256_packus_epi16(words, words), finish.out.params.limits.min_bytes);
            const __m128i bytes =
                _mm_unpacklo_epi64(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
            if (tile.lanes == kDepthLanes)
                _mm_storeu_si128(reinterpret_cast<__m128i*>(finish.out.bytes + out), bytes);
            else
                store_some(finish.out.bytes + out, bytes, tile.lanes);
        } else {
            __m256i ordered[2] = { __m256i(to_float(sums[m][0]) * factor[0] + bias[0]),
                                   __m256i(to_float(sums[m][1]) * factor[1] + bias[1]) };
            change_order(ordered[0], ordered[1]);
            for (int n = 0; n < 2 && n * kLanes < tile.lanes; ++n) {
                const int lanes = smaller(kLanes, tile.lanes - n * kLanes);
                Vec v = Vec(ordered[n]);
                if (finish.has_shortcut)
                    v += finish.shortcut(tile.shortcut + m * task.shortcut.position_step + n * kLanes, lanes);
                finish.out(out + n * kLanes, v, lanes);
            }
        }
    }
}

template <int Taps, int Stride, int Positions> __attribute__((noinline)) void depth_tile(const DepthTile& tile)
{
    const ConvTask& task = *tile.task;
    const int taps = Taps ? Taps : task.geometry.kernel_w;
    const int channels = padded(task.out.channels, kDepthLanes);
    const std::ptrdiff_t step = task.in.position_step;
    const auto* weights = static_cast<const std::int32_t*>(task.weights) + tile.channel +
                          tile.first_row * ((taps + 1) / 2) * channels;
    __m256i start[2] = { __m256i(corrections(task, tile.first_row, tile.rows, channels, tile.channel)),
                         __m256i(corrections(task, tile.first_row, tile.rows, channels, tile.channel + kLanes)) };
    change_order(start[0], start[1]);
    IVec sums[Positions][2];
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m)
        for (int half : { 0, 1 })
            sums[m][half] = IVec(start[half]);
    for (int row = 0; row < tile.rows; ++row) {
        const std::uint8_t* in = task.in.bytes + tile.in + row * task.in.row_step;
        if constexpr (Taps > 0) {
            add_row<Taps, Stride>(sums, in, step, weights, channels);
            weights += (taps + 1) / 2 * channels;
        } else {
            for (int tap = 0; tap < taps; tap += 2, weights += channels)
                if (tap + 1 < taps)
                    add_row<2, 1>(sums, in + tap * step, step, weights, channels);
                else
                    add_row<1, 1>(sums, in + tap * step, step, weights, channels);
        }
    }
    if (tile.finish->ending() == Ending::bytes)
        finish_positions<Ending::bytes>(tile, sums);
    else
        finish_positions<Ending::any>(tile, sums);
}

void depthwise_conv(const ConvTask& task)
{
    each_depth_row<kDepthLanes>(task, [](const DepthTile& tile) { depth_row(tile); });
}

} // namespace
} // namespace prunedamr::engine
