// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/kernels/kernels.h"

namespace prunedamr::engine {

// Operations that move samples between layouts, too rare and too short to be worth vectors. Where a function takes
// two views they have one dtype.

/// frames [frames, channels, height, width] -> float32 view.
void load_frames(const float* frames, const View& out);

/// Float32 view -> [frames, channels, height, width].
void store_frames(const View& in, float* frames);

/// [C, H, W] -> [C * H * W, 1, 1]
void flatten(const View& in, const View& out);

/// [C, 1, W] -> [1, C, W]
void as_image(const View& in, const View& out);

/// Equal shapes.
void copy(const View& in, const View& out);

/// `count` channels from `first` on; `count` positions of each row from `first` on.
View channels_of(const View& view, int first, int count);
View positions_of(const View& view, int first, int count);

/// Zeros everywhere.
void clear(const View& out);

/// Channel j * groups + g of `out` is channel g * (C / groups) + j of `in`.
void shuffle_channels(const View& in, const View& out, int groups);

/// Position i * groups + g of `out` is position g * (W / groups) + i of `in`.
void shuffle_positions(const View& in, const View& out, int groups);

/// As `graph::Op::complex_sum` says; float32.
void sum_complex(const View& in, const View& out);

/// Zeros at the positions left and right of every row.
void clear_border(const View& view);

} // namespace prunedamr::engine
