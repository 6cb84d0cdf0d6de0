// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

namespace prunedamr::synth {

/// Samples of one rate at the instants of a higher one, by a Kaiser-windowed sinc of 24 samples: what lies within
/// 0.4 of the lower rate passes, its images are 60 dB down.
class Interpolator
{
public:
    /// Samples of the lower rate that a result sees on either side of its instant.
    static constexpr int kReach = 12;

    /// `step`: instants of the higher rate lie so many samples of the lower one apart, above 0, at most 1.
    explicit Interpolator(double step);

    /// out[k] = in at first + k step, for k < count. kReach <= first, first + count step + kReach < in.size().
    void run(const Samples& in, double first, std::complex<float>* out, std::size_t count) const;

private:
    double step_;
};

} // namespace prunedamr::synth
