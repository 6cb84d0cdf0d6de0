// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal/symbols.h"

namespace prunedamr::synth {

/// What happens between the transmitter's modulator and the receiver's input; each works in place.

/// Sum of |x|^2.
double energy(const std::complex<float>* samples, std::size_t count);

double rms(const Samples& samples);

/// Scales to mean power 1 over the whole length; silence stays silence.
void normalize_power(Samples& samples);

/// Switches the transmitter on at `begin` and off at `end`, over `ramp` samples each.
void gate_burst(Samples& samples, int begin, int end, int ramp);

/// A second ray of amplitude `depth` whose phase turns by `doppler` cycles per sample.
void fade(Samples& samples, double depth, double doppler, double phase);

/// An echo `delay` samples later.
void add_echo(Samples& samples, int delay, std::complex<float> amplitude);

/// Time runs as t + drift (t / 2) (t / T - 1) over the T samples: the clock is slow by drift / 2 at first and as
/// much too fast at the end. Cubic interpolation.
void drift_clock(Samples& samples, double drift);

struct Carrier {
    double offset = 0.0;     ///< in the middle, cycles per sample
    double drift = 0.0;      ///< change of the offset from the first sample to the last, cycles per sample
    double line_width = 0.0; ///< of a free-running oscillator: phase variance grows by 2 pi line_width per sample
    double phase = 0.0;      ///< at the first sample, rad
};

void mix(Samples& samples, const Carrier& carrier, Rng& rng);

/// Adds white Gaussian noise of mean power `density` (its power per cycle per sample is the same number).
void add_noise(Samples& samples, double density, Rng& rng);

/// Independent complex normals of mean power 1, for whoever needs many (Box and Muller, 1958, in float: out to 6.6
/// standard deviations of a rail). Takes a fixed number of words from `rng`, whatever `count` is.
void fill_normals(std::complex<float>* out, std::size_t count, Rng& rng);

/// Density that gives `snr_db` in `bandwidth` (cycles per sample) to a signal of `power`.
double noise_density(double power, double bandwidth, double snr_db);

} // namespace prunedamr::synth
