// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What the int8 depthwise convs have in common. An instruction set includes one of depthwise_pairs.h,
// depthwise_quads.h and depthwise_neon.h, which define kDepthLanes, kDepthOrder and `depthwise_conv`.

#include "prunedamr/engine/kernels/int8/conv.h"

namespace prunedamr::engine {
namespace {

/// Neighboring positions of one row, up to a tile of channels.
struct DepthTile {
    const ConvTask* task;
    const Int8Finish* finish;
    std::ptrdiff_t in, out, shortcut;
    int first_row, rows, channel, lanes;
};

DepthTile moved(DepthTile tile, int positions)
{
    const ConvTask& task = *tile.task;
    tile.in += positions * task.geometry.stride_w * task.in.position_step;
    tile.out += positions * task.out.position_step;
    tile.shortcut += positions * task.shortcut.position_step;
    return tile;
}

/// The end of a position with fewer channels than a tile of four vectors holds.
[[maybe_unused]] __attribute__((noinline)) void finish_some(const DepthTile& tile, const IVec (&sums)[4])
{
    const Int8Finish finish = *tile.finish;
    for (int c = 0; c < tile.lanes; c += kLanes)
        finish.one<Ending::any>(sums[c / kLanes], load(tile.task->factors + tile.channel + c),
                                load(tile.task->bias + tile.channel + c), tile.shortcut + c, tile.out + c,
                                smaller(kLanes, tile.lanes - c));
}

/// The end of one position of a tile of four vectors of channels.
PRUNEDAMR_INLINE void finish_depth(const DepthTile& tile, const IVec (&sums)[4])
{
    if (tile.lanes < 4 * kLanes)
        return finish_some(tile, sums);
    tile.finish->four(sums, tile.task->factors + tile.channel, tile.task->bias + tile.channel, tile.shortcut,
                      tile.out);
}

/// Calls `row(tile)` for every output row of every `Lanes` channels.
template <int Lanes, typename Row> void each_depth_row(const ConvTask& task, Row row)
{
    const graph::ConvGeometry& geometry = task.geometry;
    const Int8Finish finish(task);
    for (int c = 0; c < task.out.channels; c += Lanes)
        for (int frame = 0; frame < task.out.frames; ++frame)
            for (int y = 0; y < task.out.height; ++y) {
                const int first = y * geometry.stride_h - geometry.pad_h;
                const Taps rows = valid_taps(first, geometry.kernel_h, task.in.height);
                row(DepthTile{ &task, &finish, place(task.in, frame, first + rows.begin, -geometry.pad_w) + c,
                               place(task.out, frame, y, 0) + c, place(task.shortcut, frame, y, 0) + c, rows.begin,
                               rows.end - rows.begin, c, smaller(Lanes, task.out.channels - c) });
            }
}

#ifdef PRUNEDAMR_DEPTH_POSITIONS // Rows are compiled for each of the usual kernels and strides.

/// Taps 0: any number, of one position.
template <int Taps, int Stride, int Positions> void depth_tile(const DepthTile& tile);

/// One output row; the last tile may do some of its positions again.
template <int Taps, int Stride> void depth_row(const DepthTile& tile)
{
    constexpr int kPositions = PRUNEDAMR_DEPTH_POSITIONS;
    const int width = tile.task->out.width;
    if (width < kPositions)
        for (int x = 0; x < width; ++x)
            depth_tile<0, 1, 1>(moved(tile, x));
    else
        for (int x = 0; x < width; x += kPositions)
            depth_tile<Taps, Stride, kPositions>(moved(tile, smaller(x, width - kPositions)));
}

void depth_row(const DepthTile& tile)
{
    const graph::ConvGeometry& geometry = tile.task->geometry;
    switch (geometry.stride_w > 2 ? 0 : 2 * geometry.kernel_w + geometry.stride_w) {
    case 2 * 3 + 1:
        return depth_row<3, 1>(tile);
    case 2 * 3 + 2:
        return depth_row<3, 2>(tile);
    case 2 * 5 + 1:
        return depth_row<5, 1>(tile);
    case 2 * 5 + 2:
        return depth_row<5, 2>(tile);
    case 2 * 7 + 1:
        return depth_row<7, 1>(tile);
    case 2 * 7 + 2:
        return depth_row<7, 2>(tile);
    case 2 * 9 + 1:
        return depth_row<9, 1>(tile);
    case 2 * 9 + 2:
        return depth_row<9, 2>(tile);
    default:
        for (int x = 0; x < tile.task->out.width; ++x)
            depth_tile<0, 1, 1>(moved(tile, x));
    }
}

#endif

} // namespace
} // namespace prunedamr::engine
