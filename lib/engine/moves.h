// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/kernels.h"

namespace prunedamr::engine {

// Operations that move or map samples without arithmetic worth a vector: rare in networks, small in time.

/// frames [frames, channels, height, width] -> view.
void load_frames(const float* frames, const View& out);

/// view -> [frames, channels, height, width].
void store_frames(const View& in, float* frames);

/// The same samples in [channels, height, width] order under another shape of equal size (flatten, as_image).
void relayout(const View& in, const View& out);

/// `in` becomes channels `first` ... of `out`.
void copy_channels(const View& in, const View& out, int first);

/// Zeroes channels `first` ... of `out`.
void clear_channels(const View& out, int first);

/// Channel j * groups + g of `out` is channel g * (C / groups) + j of `in`.
void shuffle_channels(const View& in, const View& out, int groups);

/// Position i * groups + g of `out` is position g * (W / groups) + i of `in`.
void shuffle_positions(const View& in, const View& out, int groups);

/// `in` becomes positions `first` ... of `out`.
void copy_positions(const View& in, const View& out, int first);

/// As `graph::Op::complex_sum` says.
void sum_complex(const View& in, const View& out);

void sigmoid(const View& in, const View& out);

/// Zeroes the positions left and right of every row.
void clear_border(const View& view);

} // namespace prunedamr::engine
