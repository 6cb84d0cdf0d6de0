// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal/symbols.h"

namespace prunedamr::synth {

/// Adds white Gaussian noise of mean power `density` (its power per cycle per sample is the same number).
void add_noise(Samples& samples, double density, Rng& rng);

/// Independent complex normals of mean power 1, for whoever needs many (Box and Muller, 1958, in float: out to 6.6
/// standard deviations of a rail). Takes a fixed number of words from `rng`, whatever `count` is.
void fill_normals(std::complex<float>* out, std::size_t count, Rng& rng);

/// Density that gives `snr_db` in `bandwidth` (cycles per sample) to a signal of `power`.
double noise_density(double power, double bandwidth, double snr_db);

} // namespace prunedamr::synth
