// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/occupied_band.h"
#include "prunedamr/dsp/welch_spectrum.h"

namespace prunedamr::measure {

/// The strongest occupied band of samples that nobody has looked at before: what a file's measurement starts from.
/// Allocates at construction only.
class RoughBandFinder
{
public:
    /// Center and bandwidth in cycles per sample; the whole band where the spectrum is flat.
    dsp::Band find(const std::complex<float>* samples, int count) noexcept
    {
        return finder_.find(welch_.measure(samples, count), samples, count);
    }

private:
    dsp::WelchSpectrum welch_;
    dsp::BandFinder finder_;
};

} // namespace prunedamr::measure
