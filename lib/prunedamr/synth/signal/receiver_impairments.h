// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal/symbols.h"

#include <vector>

namespace prunedamr::synth {

struct ChannelFilter {
    double center = 0.0;     ///< cycles per sample
    double width = 0.5;      ///< between the points of half amplitude, cycles per sample
    double slope = 0.1;      ///< width of each raised-cosine transition, cycles per sample
    double floor_db = -60.0; ///< stop-band attenuation
};

/// Gains over frequency, multiplied up stage by stage and applied in one pass: two transforms, whatever the number
/// of stages. The ends of the samples wrap round.
class SpectralShape
{
public:
    /// For `count` samples.
    explicit SpectralShape(std::size_t count);

    /// Slope of the gain across the sample rate, 0 dB in the middle.
    void tilt(double tilt_db);

    /// A cosine over frequency, in dB, of so many periods in the sample rate.
    void ripple(double peak_to_peak_db, double periods);

    /// Butterworth low-pass with its -3 dB point at `corner` cycles per sample, amplitude only.
    void droop(double corner, double order);

    /// Band-pass, linear in phase.
    void pass(const ChannelFilter& filter);

    /// Samples in, samples out; nothing happens when no gain was given.
    void apply(Samples& samples) const;

private:
    std::size_t count_;
    std::vector<float> gains_; ///< of the transform's bins in its order, divided by its size
    bool shaped_ = false;
};

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
