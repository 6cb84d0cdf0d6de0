// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Int8 convs: exact integer sums over quads of inputs, then float32.

#include "prunedamr/engine/kernels/conv_tiles.h"
#include "prunedamr/engine/kernels/int8/values.h"

namespace prunedamr::engine {
namespace {

/// What the zero point adds to the sums, over the rows of the kernel that fall on samples.
inline IVec corrections(const ConvTask& task, int first_row, int rows, int channels, int channel)
{
    IVec sum{};
    for (int row = first_row; row < first_row + rows; ++row)
        sum += load_int(task.corrections + row * channels + channel);
    return sum;
}

inline int padded(int channels, int lanes)
{
    return (channels + lanes - 1) / lanes * lanes;
}

#ifdef PRUNEDAMR_QUAD_BY_QUAD
/// Adds the products of quads `Quad` to before `Count`, one after the other: neighboring instructions then do not
/// wait for each other.
template <int Quad, int Count, int Positions, int Vectors>
PRUNEDAMR_INLINE void add_each(Sum (&sums)[Positions][Vectors], const Quads (&x)[Positions],
                               const std::int8_t* weights)
{
    if constexpr (Quad < Count) {
#pragma GCC unroll 16
        for (int m = 0; m < Positions; ++m)
#pragma GCC unroll 16
            for (int n = 0; n < Vectors; ++n)
                sums[m][n] = dot_quad<Quad>(sums[m][n], x[m], weights + n * kQuadBytes);
        add_each<Quad + 1, Count>(sums, x, weights + Vectors * kQuadBytes);
    }
}
#endif

/// Adds the products of `Count` quads, of inputs from `at` on.
template <int Count, int Positions, int Vectors>
PRUNEDAMR_INLINE void add_quads(Sum (&sums)[Positions][Vectors],
                                const std::uint8_t* const (&in)[pointers(Positions)], std::ptrdiff_t step, int at,
                                const std::int8_t* weights)
{
#ifdef PRUNEDAMR_QUAD_BY_QUAD
    Quads x[Positions];
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m)
        x[m] = quads(in[m / 3] + at + (m % 3) * step);
    add_each<0, Count>(sums, x, weights);
#else
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m) {
        const Quads x = quads(in[m / 3] + at + (m % 3) * step);
#pragma GCC unroll 16
        for (int n = 0; n < Vectors; ++n)
            sums[m][n] = dot<Count>(sums[m][n], x, weights + n * kQuadBytes, Vectors * kQuadBytes);
    }
#endif
}

/// The same for `count` of them, at most `Max`.
template <int Max, int Positions, int Vectors>
PRUNEDAMR_INLINE void add_rest(Sum (&sums)[Positions][Vectors],
                               const std::uint8_t* const (&in)[pointers(Positions)], std::ptrdiff_t step, int at,
                               const std::int8_t* weights, int count)
{
    if constexpr (Max > 0) {
        if (count == Max)
            add_quads<Max>(sums, in, step, at, weights);
        else
            add_rest<Max - 1>(sums, in, step, at, weights, count);
    }
}

template <bool Plain, int Positions, int Vectors>
PRUNEDAMR_INLINE void finish_tile(const Tile<Int8Finish>& tile, const Sum (&sums)[Positions][Vectors])
{
    const ConvTask& task = *tile.task;
    // Copies: what is stored might else be taken for a change of them.
    const Int8Finish finish = *tile.finish;
    const std::ptrdiff_t out = tile.out, out_step = tile.out_step;
    const std::ptrdiff_t shortcut = tile.shortcut, shortcut_step = tile.shortcut_step;
    const int last_lanes = tile.last_lanes;
#pragma GCC unroll 2
    for (int n = 0; n < Vectors; ++n) {
        const Vec factor = load(task.factors + tile.channel + n * kLanes);
        const Vec bias = load(task.bias + tile.channel + n * kLanes);
#pragma GCC unroll 16
        for (int m = 0; m < Positions; ++m)
            finish.one<Plain>(total(sums[m][n]), factor, bias, shortcut + m * shortcut_step + n * kLanes,
                              out + m * out_step + n * kLanes, n == Vectors - 1 ? last_lanes : kLanes);
    }
}

struct Int8Conv {
    using Finish = Int8Finish;

    /// Runs are filled up to whole quads by zero weights.
    static std::ptrdiff_t weights_of_run(int run, int vectors)
    {
        return std::ptrdiff_t{ (run + 3) / 4 } * vectors * kQuadBytes;
    }

    template <int Positions, int Vectors>
    static __attribute__((noinline)) void conv_tile(const Tile<Int8Finish>& tile)
    {
        const ConvTask& task = *tile.task;
        const std::ptrdiff_t step = tile.position_step;
        const auto* weights = static_cast<const std::int8_t*>(task.weights) + tile.weights;
        const int channels = task.groups * padded(task.out.channels / task.groups, kLanes);
        Sum sums[Positions][Vectors];
#pragma GCC unroll 16
        for (int n = 0; n < Vectors; ++n) {
            const IVec start = corrections(task, tile.first_row, tile.rows, channels, tile.channel + n * kLanes);
#pragma GCC unroll 16
            for (int m = 0; m < Positions; ++m)
                sums[m][n] = begin(start);
        }
        const int count = (tile.run + 3) / 4;
        for (int row = 0; row < tile.rows; ++row)
            for (int tap = 0; tap < tile.taps; ++tap) {
                const std::uint8_t* in[pointers(Positions)];
                for (int g = 0; g < pointers(Positions); ++g)
                    in[g] = task.in.bytes + tile.in + row * tile.row_step + tap * tile.tap_step + 3 * g * step;
                int quad = 0;
                for (; quad + kQuads <= count; quad += kQuads, weights += kQuads * Vectors * kQuadBytes)
                    add_quads<kQuads>(sums, in, step, 4 * quad, weights);
                add_rest<kQuads - 1>(sums, in, step, 4 * quad, weights, count - quad);
                weights += (count - quad) * Vectors * kQuadBytes;
            }
        if (tile.finish->is_plain())
            finish_tile<true>(tile, sums);
        else
            finish_tile<false>(tile, sums);
    }
};

} // namespace
} // namespace prunedamr::engine
