// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Rows of int8 depthwise convs with the usual kernels and strides, compiled for each of them.

#include "prunedamr/engine/kernels/int8/depthwise.h"

namespace prunedamr::engine {
namespace {

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

} // namespace
} // namespace prunedamr::engine
