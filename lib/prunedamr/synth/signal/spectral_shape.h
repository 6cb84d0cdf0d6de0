// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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

} // namespace prunedamr::synth
