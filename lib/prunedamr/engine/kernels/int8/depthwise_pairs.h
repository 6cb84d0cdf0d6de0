// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Int8 depthwise convs by products of 16 bits, summed in pairs.

#include "prunedamr/engine/kernels/int8/depthwise.h"

#define PRUNEDAMR_INT8_DEPTHWISE

namespace prunedamr::engine {
namespace {

constexpr int kDepthLanes = kLanes;
constexpr WeightOrder kDepthOrder = WeightOrder::pairs;

/// Taps of a row go in pairs: both samples of a pair lie in the halves of a lane, and a pair serves all positions
/// that read it. `Taps` 0: of any number, one position.
template <int Taps, int Stride, int Positions> void depth_tile(const DepthTile& tile)
{
    const ConvTask& task = *tile.task;
    const int taps = Taps ? Taps : task.geometry.kernel_w;
    const int channels = padded(task.out.channels, kLanes);
    const std::ptrdiff_t step = task.in.position_step;
    const auto* weights = static_cast<const std::int32_t*>(task.weights) + tile.channel +
                          tile.first_row * ((taps + 1) / 2) * channels;
    IVec sums[Positions];
    for (int m = 0; m < Positions; ++m)
        sums[m] = corrections(task, tile.first_row, tile.rows, channels, tile.channel);
    for (int row = 0; row < tile.rows; ++row) {
        const std::uint8_t* in = task.in.bytes + tile.in + row * task.in.row_step;
        if constexpr (Taps > 0) {
            constexpr int kSamples = (Positions - 1) * Stride + Taps;
            IVec pairs[kSamples];
            for (int i = 0; i < kSamples; ++i)
                pairs[i] = widen(in + i * step);
            for (int i = 0; i + 1 < kSamples; ++i)
                pairs[i] |= pairs[i + 1] << 16;
            for (int tap = 0; tap < Taps; tap += 2, weights += channels)
                for (int m = 0; m < Positions; ++m)
                    sums[m] = multiply_add(sums[m], pairs[m * Stride + tap], load_int(weights));
        } else {
            for (int tap = 0; tap < taps; tap += 2, weights += channels) {
                IVec pair = widen(in + tap * step);
                if (tap + 1 < taps)
                    pair |= widen(in + (tap + 1) * step) << 16;
                sums[0] = multiply_add(sums[0], pair, load_int(weights));
            }
        }
    }
    const Int8Finish finish = *tile.finish;
    const Vec factor = load(task.factors + tile.channel), bias = load(task.bias + tile.channel);
    const std::ptrdiff_t out_step = task.out.position_step, shortcut_step = task.shortcut.position_step;
    for (int m = 0; m < Positions; ++m)
        finish.one<Ending::any>(sums[m], factor, bias, tile.shortcut + m * shortcut_step, tile.out + m * out_step,
                                tile.lanes);
}

void depthwise_conv(const ConvTask& task)
{
    each_depth_row<kDepthLanes>(task, [](const DepthTile& tile) { depth_row(tile); });
}

} // namespace
} // namespace prunedamr::engine
