// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal/symbols.h"
#include "prunedamr/synth/signal/spectral_shape.h"

namespace prunedamr::synth {

/// What a receiver does to what it receives; each works in place.

/// Gain and phase of the Q branch differ from those of I.
void unbalance_iq(Samples& samples, double gain_db, double phase_rad);

void add_constant(Samples& samples, std::complex<float> value);

/// Gain jumps by `step_db` at sample `position` and decays back with time constant `decay` samples.
void step_gain(Samples& samples, int position, double step_db, double decay);

/// Rounds to `bits` bits per rail with full scale `full_scale`; what is larger is clipped.
void quantize(Samples& samples, int bits, double full_scale);

/// Slope of the gain across the sample rate, 0 dB in the middle.
void tilt_spectrum(Samples& samples, double tilt_db);

/// Butterworth low-pass, amplitude only.
void droop_spectrum(Samples& samples, double corner, double order);

/// Only the channel reaches us. Several of these three are one pass of a `SpectralShape`.
void filter_channel(Samples& samples, const ChannelFilter& filter);

} // namespace prunedamr::synth
