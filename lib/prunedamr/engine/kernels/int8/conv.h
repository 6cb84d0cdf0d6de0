// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Int8 convs: exact integer sums over quads of inputs, then float32. Where `Input` has 16 bits, pairs take the
// place of quads, and the inputs of some positions are copied first.

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

/// Inputs whose products one instruction sums in a lane.
constexpr int kJoined = 4 / static_cast<int>(sizeof(Input));
constexpr bool kWide = sizeof(Input) == 2;

inline const Input* inputs_of(const ConvTask& task)
{
    return static_cast<const Input*>(kWide ? static_cast<const void*>(task.wide) : task.in.bytes);
}

inline int padded(int channels, int lanes)
{
    return (channels + lanes - 1) / lanes * lanes;
}

template <int Pointers>
inline const Input* of_position(const Input* const (&in)[Pointers], std::ptrdiff_t step, int position)
{
    return in[position / 3] + (position % 3) * step;
}

#ifdef PRUNEDAMR_POSITION_PAIRS
/// Turns the sums of neighboring positions into those of instructions that take two at a time, or back.
template <int Positions, int Vectors> PRUNEDAMR_INLINE void turn_pairs(Sum (&sums)[Positions][Vectors])
{
#pragma GCC unroll 16
    for (int m = 0; m + 1 < Positions; m += 2)
#pragma GCC unroll 16
        for (int n = 0; n < Vectors; ++n)
            turn_pair(sums[m][n], sums[m + 1][n]);
}

/// Adds the products of quads `Quad` to before `Count`, two positions and two quads at a time. The second quad of
/// the last two may be none; the last position may be alone.
template <int Quad, int Count, int Positions, int Vectors>
PRUNEDAMR_INLINE void add_pairs(Sum (&sums)[Positions][Vectors], const Input* const (&in)[pointers(Positions)],
                                std::ptrdiff_t step, int at, const std::int8_t* weights)
{
    if constexpr (Quad < Count) {
        constexpr bool kTwo = Quad + 1 < Count;
        constexpr int kPairs = Positions / 2;
        constexpr std::ptrdiff_t kStep = Vectors * kQuadBytes; // to the next quad
        [[maybe_unused]] PairInputs pairs[kPairs + 1];
#pragma GCC unroll 16
        for (int p = 0; p < kPairs; ++p)
            pairs[p] = pair_inputs(of_position(in, step, 2 * p) + at + kJoined * Quad,
                                   of_position(in, step, 2 * p + 1) + at + kJoined * Quad);
#pragma GCC unroll 16
        for (int n = 0; n < Vectors; ++n) {
            const std::int8_t* quad = weights + n * kQuadBytes;
            [[maybe_unused]] const PairWeights w = pair_weights<kTwo>(quad, kStep);
#pragma GCC unroll 16
            for (int p = 0; p < kPairs; ++p) {
                sums[2 * p][n] = multiply_pair(sums[2 * p][n], pairs[p], w.first);
                sums[2 * p + 1][n] = multiply_pair(sums[2 * p + 1][n], pairs[p], w.last);
            }
            if constexpr (Positions % 2 == 1) {
                Sum& alone = sums[Positions - 1][n];
                const Quads x = quads(of_position(in, step, Positions - 1) + at);
                alone = dot_quad<Quad>(alone, x, quad);
                if constexpr (kTwo)
                    alone = dot_quad<Quad + 1>(alone, x, quad + kStep);
            }
        }
        add_pairs<Quad + 2, Count>(sums, in, step, at, weights + 2 * kStep);
    }
}
#elif defined(PRUNEDAMR_QUAD_BY_QUAD)
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
PRUNEDAMR_INLINE void add_quads(Sum (&sums)[Positions][Vectors], const Input* const (&in)[pointers(Positions)],
                                std::ptrdiff_t step, int at, const std::int8_t* weights)
{
#ifdef PRUNEDAMR_POSITION_PAIRS
    add_pairs<0, Count>(sums, in, step, at, weights);
#elif defined(PRUNEDAMR_QUAD_BY_QUAD)
    Quads x[Positions];
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m)
        x[m] = quads(of_position(in, step, m) + at);
    add_each<0, Count>(sums, x, weights);
#else
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m) {
        const Quads x = quads(of_position(in, step, m) + at);
#pragma GCC unroll 16
        for (int n = 0; n < Vectors; ++n)
            sums[m][n] = dot<Count>(sums[m][n], x, weights + n * kQuadBytes, Vectors * kQuadBytes);
    }
#endif
}

/// The same for `count` of them, at most `Max`.
template <int Max, int Positions, int Vectors>
PRUNEDAMR_INLINE void add_rest(Sum (&sums)[Positions][Vectors], const Input* const (&in)[pointers(Positions)],
                               std::ptrdiff_t step, int at, const std::int8_t* weights, int count)
{
    if constexpr (Max > 0) {
        if (count == Max)
            add_quads<Max>(sums, in, step, at, weights);
        else
            add_rest<Max - 1>(sums, in, step, at, weights, count);
    }
}

template <Ending End, int Positions, int Vectors>
PRUNEDAMR_INLINE void finish_tile(const Tile<Int8Finish>& tile, const Sum (&sums)[Positions][Vectors])
{
    const ConvTask& task = *tile.task;
    // Copies: what is stored might else be taken for a change of them.
    const Int8Finish finish = *tile.finish;
    const std::ptrdiff_t out = tile.out, out_step = tile.out_step;
    const std::ptrdiff_t shortcut = tile.shortcut, shortcut_step = tile.shortcut_step;
    const int lanes = (Vectors - 1) * kLanes + tile.last_lanes;
    Vec factor[Vectors], bias[Vectors];
#pragma GCC unroll 2
    for (int n = 0; n < Vectors; ++n) {
        factor[n] = load(task.factors + tile.channel + n * kLanes);
        bias[n] = load(task.bias + tile.channel + n * kLanes);
    }
#pragma GCC unroll 16
    for (int m = 0; m < Positions; ++m)
        if constexpr (Vectors == 2)
            finish.two<End>({ total(sums[m][0]), total(sums[m][1]) }, factor, bias, shortcut + m * shortcut_step,
                            out + m * out_step, lanes);
        else
            finish.one<End>(total(sums[m][0]), factor[0], bias[0], shortcut + m * shortcut_step, out + m * out_step,
                            lanes);
}

struct Int8Conv {
    using Finish = Int8Finish;

    /// Runs are filled up to whole quads by zero weights.
    static int quads_of_run(int run) { return (run + kJoined - 1) / kJoined; }
    static std::ptrdiff_t weights_of_run(int run, int vectors)
    {
        return std::ptrdiff_t{ quads_of_run(run) } * vectors * kQuadBytes;
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
#ifdef PRUNEDAMR_POSITION_PAIRS
        turn_pairs(sums);
#endif
        const int count = quads_of_run(tile.run);
        for (int row = 0; row < tile.rows; ++row)
            for (int tap = 0; tap < tile.taps; ++tap) {
                const Input* in[pointers(Positions)];
                for (int g = 0; g < pointers(Positions); ++g)
                    in[g] = inputs_of(task) + tile.in + row * tile.row_step + tap * tile.tap_step + 3 * g * step;
                int quad = 0;
                for (; quad + kQuads <= count; quad += kQuads, weights += kQuads * Vectors * kQuadBytes)
                    add_quads<kQuads>(sums, in, step, kJoined * quad, weights);
                add_rest<kQuads - 1>(sums, in, step, kJoined * quad, weights, count - quad);
                weights += (count - quad) * Vectors * kQuadBytes;
            }
#ifdef PRUNEDAMR_POSITION_PAIRS
        turn_pairs(sums);
#endif
        switch (tile.finish->ending()) {
        case Ending::bytes:
            return finish_tile<Ending::bytes>(tile, sums);
        case Ending::bytes_with_bytes:
            return finish_tile<Ending::bytes_with_bytes>(tile, sums);
        case Ending::any:
            return finish_tile<Ending::any>(tile, sums);
        }
    }
};

/// Neighboring output positions of one row, or of neighboring frames, whose inputs are copied together.
struct Strip {
    int frame, y, x, positions;
};

/// Copies the inputs of a strip as 16 bits, `rows` from `first_row` of the input on. Positions of a row share their
/// inputs; those of frames have their own.
inline void copy_wide(const ConvTask& task, const Strip& strip, bool of_frames, int first_row, int rows)
{
    const graph::ConvGeometry& geometry = task.geometry;
    const int copies = of_frames ? strip.positions : 1, positions = of_frames ? 1 : strip.positions;
    const int count = ((positions - 1) * geometry.stride_w + geometry.kernel_w) * task.in.channels;
    const int left = (of_frames ? 0 : strip.x) * geometry.stride_w - geometry.pad_w;
    std::uint16_t* __restrict to = task.wide;
    for (int copy = 0; copy < copies; ++copy)
        for (int row = 0; row < rows; ++row, to += count) {
            const int frame = of_frames ? strip.x + copy : strip.frame;
            const std::uint8_t* __restrict from = task.in.bytes + place(task.in, frame, first_row + row, left);
            for (int i = 0; i < count; ++i)
                to[i] = from[i];
        }
}

/// A conv of any shape whose inputs are copied as 16 bits, as many positions at a time as there is room for.
[[maybe_unused]] void wide_conv(const ConvTask& task)
{
    const graph::ConvGeometry& geometry = task.geometry;
    const Int8Finish finish(task);
    auto tile = first_tile<Int8Conv>(task, finish);
    const Rows swept = sweep_rows(task, tile);
    const bool of_frames = task.out.height * task.out.width == 1;
    const int channels = task.in.channels;
    tile.tap_step = channels;
    for (int frame = 0; frame < swept.frames; ++frame)
        for (int y = 0; y < task.out.height; ++y) {
            const int first = y * geometry.stride_h - geometry.pad_h;
            const Taps taps = valid_taps(first, geometry.kernel_h, task.in.height);
            const int rows = larger(taps.end - taps.begin, 0),
                      columns = task.wide_count / (larger(rows, 1) * channels);
            const int most =
                of_frames ? columns / geometry.kernel_w : (columns - geometry.kernel_w) / geometry.stride_w + 1;
            for (int x = 0; x < swept.width; x += most) {
                const Strip strip{ frame, y, x, smaller(most, swept.width - x) };
                copy_wide(task, strip, of_frames, first + taps.begin, rows);
                const int samples =
                    of_frames ? geometry.kernel_w : (strip.positions - 1) * geometry.stride_w + geometry.kernel_w;
                tile.first_row = taps.begin;
                tile.rows = rows;
                tile.row_step = std::ptrdiff_t{ samples } * channels;
                tile.position_step = of_frames ? rows * tile.row_step : geometry.stride_w * channels;
                tile.out = place(task.out, frame, y, 0) + x * tile.out_step;
                tile.shortcut = place(task.shortcut, frame, y, 0) + x * tile.shortcut_step;
                each_block<Int8Conv>(tile, [&](auto block, int vectors) {
                    block.weights += taps.begin * block.taps * Int8Conv::weights_of_run(block.run, vectors);
                    if (vectors == 1)
                        conv_row<Int8Conv, 1>(block, strip.positions);
                    else
                        conv_row<Int8Conv, 2>(block, strip.positions);
                });
            }
        }
}

void int8_conv(const ConvTask& task)
{
    if constexpr (kWide)
        wide_conv(task);
    else
        conv<Int8Conv>(task);
}

} // namespace
} // namespace prunedamr::engine
