// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/signal.h"

#include <vector>

namespace prunedamr::synth {

/// `factor` samples for each of `in` (zeros between them) through `taps`; the filter starts empty.
Samples upsample(const Samples& in, const std::vector<float>& taps, int factor);

std::vector<float> real_part(const Samples& samples);

} // namespace prunedamr::synth
