// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal/symbols.h"

namespace prunedamr::synth {

/// An offset that starts at 0 and moves by N(0, step_hz) before every sample, held within +-limit_hz.
struct OffsetWalk {
    double step_hz;
    double limit_hz;
    double sample_rate_hz = 200e3;
};

/// Sample-rate offset: output n is the input at place p(n) + 3, p(0) = 0, p(n+1) = p(n) + 1 + offset(n) / rate, by
/// `MmseInterpolator`. The end is shorter by the interpolator's 7 samples and by what the walk took.
Samples offset_sample_rate(const Samples& in, const OffsetWalk& walk, Rng& rng);

/// Carrier offset: the phase of sample n is the sum of 2 pi offset / rate up to it.
void offset_carrier(Samples& samples, const OffsetWalk& walk, Rng& rng);

} // namespace prunedamr::synth
