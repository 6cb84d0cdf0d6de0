// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <vector>

namespace prunedamr::synth {

/// Complex transforms in place, any size. Plans are made once in a process, without measuring, so that the same
/// samples give the same bits in every thread and run.
void transform_forward(Samples& data);
void transform_inverse(Samples& data); ///< not divided by the size

/// Each `size` samples of `in` to the same place of `out`; both have the same size, a multiple of `size`.
void transform_parts(Samples& in, Samples& out, std::size_t size, bool inverse);

/// Real samples from bins 0..size/2 of their spectrum: x[n] = sum over all bins, those above size/2 the conjugates
/// of those below, not divided by the size. `bins` is used up.
std::vector<float> transform_inverse_real(Samples& bins, int size);

/// The least size >= `count` that is 1, 9/8 or 3/2 times a power of two (few sizes, so few plans).
int fast_transform_size(int count);

/// samples = IDFT(gains * DFT(samples)), not divided by the size; gains[k] belongs to frequency k / size. Both have
/// the same size, any. Long transforms are taken apart until their parts fit into the first cache, and the bins
/// stay in the order that this leaves them in: half the time of two whole transforms.
void multiply_spectrum(Samples& samples, const std::vector<float>& gains);

} // namespace prunedamr::synth
