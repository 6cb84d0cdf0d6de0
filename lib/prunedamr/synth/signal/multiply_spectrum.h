// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <vector>

namespace prunedamr::synth {

/// samples = IDFT(gains * DFT(samples)), not divided by the size; gains[k] belongs to frequency k / size. Both have
/// the same size, any. Long transforms are taken apart until their parts fit into the first cache, and the bins
/// stay in the order that this leaves them in: half the time of two whole transforms.
void multiply_spectrum(Samples& samples, const std::vector<float>& gains);

} // namespace prunedamr::synth
