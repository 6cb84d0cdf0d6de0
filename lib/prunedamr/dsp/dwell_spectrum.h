// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/welch_spectrum.h"

#include <complex>
#include <vector>

namespace prunedamr::dsp {

/// Mean power spectrum of a dwell, from the DFTs of its half-overlapping segments without a window: the Hann window
/// is applied to their bins, X[k] / 2 - (X[k - 1] + X[k + 1]) / 4. Allocates at construction only.
class DwellSpectrum
{
public:
    explicit DwellSpectrum(int nfft);

    void add(const std::complex<float>* transformed) noexcept; ///< [nfft] in the DFT's own order
    int segments() const noexcept { return segments_; }

    /// Of what was added since the last call; all zeros if that was nothing. Valid until the next call.
    Spectrum finish() noexcept;

private:
    std::vector<float> sum_, psd_;
    int segments_ = 0;
};

} // namespace prunedamr::dsp
