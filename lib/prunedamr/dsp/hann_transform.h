// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <memory>

namespace prunedamr::dsp {

/// The power spectrum of one Hann-windowed segment of `nfft` samples, a power of two >= 2. Everything is allocated
/// at construction; one object per thread.
class HannTransform
{
public:
    explicit HannTransform(int nfft);
    ~HannTransform();
    HannTransform(HannTransform&&) noexcept;
    HannTransform& operator=(HannTransform&&) noexcept;

    int nfft() const noexcept;

    /// |DFT|^2 of samples[nfft], [nfft] in the DFT's own order, valid until the next call.
    const float* power(const std::complex<float>* samples) noexcept;

    /// From the sum of `segments` results of `power` to their mean psd[nfft]: bin b lies at (b - nfft/2) / nfft
    /// cycles per sample, and the bins sum to the mean power.
    void center(const float* sum, int segments, float* psd) const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::dsp
