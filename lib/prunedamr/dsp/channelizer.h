// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/resampler.h"

#include <complex>
#include <vector>

namespace prunedamr::dsp {

/// Takes a channel out of blocks of a wideband stream: shifts its center to zero, then low-pass filters and
/// decimates. Each block stands alone. Frequencies are in cycles per input sample.
class Channel
{
public:
    /// The output's rate is the least 2^(-k/4) of the input's that is at least `least_ratio`; of that rate +-0.35
    /// are passed, and what would alias into them is 60 dB down. `output_length`: samples that a full block shall
    /// give. A block takes no more than 4 Mi samples; the rate stays higher where it would have to.
    Channel(double center, double least_ratio, int output_length);

    double ratio() const; ///< output samples per input sample

    /// Input samples for a full block.
    int input_length() const { return input_length_; }

    /// `count` samples, up to input_length(), which are overwritten, to at most output_length samples of the
    /// channel; returns how many.
    int process(std::complex<float>* samples, int count, std::complex<float>* out);

private:
    float center_;
    int output_length_;
    int input_length_;
    std::vector<int> steps_; ///< of the bank, one after the other
    ResamplerBank bank_;
    std::vector<std::complex<float>> between_;
};

} // namespace prunedamr::dsp
