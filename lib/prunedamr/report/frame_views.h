// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/welch_spectrum.h"
#include "prunedamr/report/matrix_plot.h"

#include <complex>
#include <vector>

namespace prunedamr::report {

using Samples = std::vector<std::complex<float>>;

/// A frame [2, length] float32, I then Q, scaled to mean power 1; silence stays silence.
Samples unit_power(const float* frame, int length);

/// Phase in turns, continued over the border: no step is longer than half a turn. A sample that is zero keeps the
/// phase.
std::vector<double> unwrapped_turns(const Samples& samples);

/// Phase step from each sample to the next in cycles per sample, -0.5..0.5; NaN where either sample is zero.
std::vector<double> instantaneous_frequency(const Samples& samples);

/// The frame turned to rest by the spectral line of samples^order, where `order` is the symmetry of the
/// constellation (1 for a carrier itself, 2 BPSK, 4 QPSK and square QAM, 8 8PSK; order 4 ends on the diagonals).
/// False, and nothing is changed, when no line stands out of the spectrum: high-order QAM in a short frame, much
/// noise.
bool remove_carrier(Samples& samples, int order);

/// Where the signal dwells in the I/Q plane, -extent..extent on both sides: the square root of the number of visits
/// in each of size x size cells, I to the right, Q upwards, the path between samples interpolated (windowed sinc, 8
/// steps).
HeatMap trajectory_density(const Samples& samples, double extent, int size);

/// Power of short overlapping Hann segments in dB, 0 where white noise of power 1 would be; time to the right,
/// frequency -0.5..0.5 upwards. At least 4 samples; segments of 1/4 to 1/16 of them, at most 256.
HeatMap spectrogram_db(const Samples& samples);

/// Welch's averaged power spectrum over any number of frames of one length.
class MeanSpectrum
{
public:
    explicit MeanSpectrum(int frame_length); ///< >= 8
    void add(const Samples& frame);

    std::vector<double> frequency() const; ///< of each bin, cycles per sample
    std::vector<double> db() const; ///< mean of the frames, 0 where white noise of power 1 would be; -120 at least

private:
    dsp::HannTransform transform_;
    std::vector<float> sum_;
    int segments_ = 0;
};

} // namespace prunedamr::report
