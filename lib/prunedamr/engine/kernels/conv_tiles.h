// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// How a conv walks over output positions and blocks of output channels. `Arithmetic` (`Float32Conv`, `Int8Conv`)
// has:
//   Finish(const ConvTask&)             what is done with a sum, made once per conv
//   conv_tile<Positions, Vectors>(tile) computes a tile of that many positions and vectors of output channels
//   weights_of_run(run, vectors)        elements between the weights of two runs

#include "prunedamr/engine/kernels/vector.h"

namespace prunedamr::engine {
namespace {

/// Neighboring positions of one output row, for one block of output channels. The window of a position is
/// `rows` x `taps` runs of `run` contiguous elements. Places are elements from the start of the task's views and
/// constants.
template <typename Finish> struct Tile {
    const ConvTask* task;
    const Finish* finish;
    std::ptrdiff_t in, row_step, tap_step, position_step;
    std::ptrdiff_t out, out_step, shortcut, shortcut_step;
    std::ptrdiff_t weights; ///< of the first row
    int first_row;          ///< of the kernel, among those that fall on samples
    int rows, taps, run;
    int channel;    ///< first of the block, among the padded ones
    int last_lanes; ///< channels in the block's last vector
};

/// One pointer serves three positions (p, p + step, p + 2 step): few enough for the registers.
constexpr int pointers(int positions)
{
    return (positions + 2) / 3;
}

template <int Vectors>
constexpr int kTilePositions = Vectors == 1 ? PRUNEDAMR_TILE_POSITIONS_1 : PRUNEDAMR_TILE_POSITIONS_2;

template <typename Arithmetic, int Vectors, int Positions = kTilePositions<Vectors>>
void run_tile(const Tile<typename Arithmetic::Finish>& tile, int positions)
{
    if (positions == Positions)
        return Arithmetic::template conv_tile<Positions, Vectors>(tile);
    if constexpr (Positions > 1)
        run_tile<Arithmetic, Vectors, Positions - 1>(tile, positions);
}

/// One output row in tiles of nearly equal width.
template <typename Arithmetic, int Vectors> void conv_row(Tile<typename Arithmetic::Finish> tile, int width)
{
    const int tiles = (width + kTilePositions<Vectors> - 1) / kTilePositions<Vectors>;
    const int narrow = width / tiles, wider = width % tiles;
    for (int i = 0; i < tiles; ++i) {
        const int positions = narrow + (i < wider ? 1 : 0);
        run_tile<Arithmetic, Vectors>(tile, positions);
        tile.in += positions * tile.position_step;
        tile.out += positions * tile.out_step;
        tile.shortcut += positions * tile.shortcut_step;
    }
}

/// How the outputs are swept: rows of `width` positions, `frames` times.
struct Rows {
    int frames, width;
};

/// One block of output channels at all positions. Of `tile`, `in`, `out` and `shortcut` are that of the group's and
/// the block's first channel, `weights` that of the block.
template <typename Arithmetic>
void conv_block(const Rows& swept, Tile<typename Arithmetic::Finish> tile, int vectors)
{
    const ConvTask& task = *tile.task;
    const graph::ConvGeometry& geometry = task.geometry;
    const auto block = tile;
    const std::ptrdiff_t row_weights = tile.taps * Arithmetic::weights_of_run(tile.run, vectors);
    for (int frame = 0; frame < swept.frames; ++frame)
        for (int y = 0; y < task.out.height; ++y) {
            const int first = y * geometry.stride_h - geometry.pad_h;
            const Taps rows = valid_taps(first, geometry.kernel_h, task.in.height);
            tile.first_row = rows.begin;
            tile.rows = rows.end - rows.begin;
            tile.in = block.in + place(task.in, frame, first + rows.begin, -geometry.pad_w);
            tile.weights = block.weights + rows.begin * row_weights;
            tile.out = block.out + place(task.out, frame, y, 0);
            tile.shortcut = block.shortcut + place(task.shortcut, frame, y, 0);
            if (vectors == 1)
                conv_row<Arithmetic, 1>(tile, swept.width);
            else
                conv_row<Arithmetic, 2>(tile, swept.width);
        }
}

/// Outputs of one position per frame are swept as one row of frames, so that a tile holds several.
template <typename Finish> Rows sweep_rows(const ConvTask& task, Tile<Finish>& tile)
{
    if (task.out.height * task.out.width > 1)
        return { task.out.frames, task.out.width };
    tile.position_step = task.in.frame_step;
    tile.shortcut_step = task.shortcut.frame_step;
    tile.out_step = task.out.frame_step;
    return { 1, task.out.frames };
}

/// The first tile of a conv, whose inputs are read where they lie.
template <typename Arithmetic>
Tile<typename Arithmetic::Finish> first_tile(const ConvTask& task, const typename Arithmetic::Finish& finish)
{
    const graph::ConvGeometry& geometry = task.geometry;
    const int in_channels = task.in.channels / task.groups;
    const bool dense = task.groups == 1; // then the taps of a kernel row touch and are one run
    Tile<typename Arithmetic::Finish> tile{};
    tile.task = &task;
    tile.finish = &finish;
    tile.row_step = task.in.row_step;
    tile.tap_step = task.in.position_step;
    tile.position_step = geometry.stride_w * task.in.position_step;
    tile.taps = dense ? 1 : geometry.kernel_w;
    tile.run = dense ? geometry.kernel_w * in_channels : in_channels;
    tile.shortcut_step = task.shortcut.position_step;
    tile.out_step = task.out.position_step;
    return tile;
}

/// Calls `block(tile, vectors)` for every block of output channels of every group.
template <typename Arithmetic, typename Block> void each_block(Tile<typename Arithmetic::Finish> tile, Block block)
{
    const ConvTask& task = *tile.task;
    const int in_channels = task.in.channels / task.groups;
    const int out_channels = task.out.channels / task.groups;
    const int out_vectors = (out_channels + kLanes - 1) / kLanes;
    const auto start = tile;
    for (int group = 0; group < task.groups; ++group)
        for (int first = 0; first < out_vectors; first += kMaxVectors) {
            const int vectors = smaller(kMaxVectors, out_vectors - first);
            tile.in = start.in + group * in_channels;
            tile.out = start.out + group * out_channels + first * kLanes;
            tile.shortcut = start.shortcut + group * out_channels + first * kLanes;
            tile.channel = (group * out_vectors + first) * kLanes;
            tile.last_lanes = smaller(kLanes, out_channels - (first + vectors - 1) * kLanes);
            block(tile, vectors);
            tile.weights += std::ptrdiff_t{ task.geometry.kernel_h } * tile.taps *
                            Arithmetic::weights_of_run(tile.run, vectors);
        }
}

/// A conv of any shape.
template <typename Arithmetic> void conv(const ConvTask& task)
{
    const typename Arithmetic::Finish finish(task);
    auto tile = first_tile<Arithmetic>(task, finish);
    const Rows swept = sweep_rows(task, tile);
    each_block<Arithmetic>(tile,
                           [&](const auto& block, int vectors) { conv_block<Arithmetic>(swept, block, vectors); });
}

} // namespace
} // namespace prunedamr::engine
