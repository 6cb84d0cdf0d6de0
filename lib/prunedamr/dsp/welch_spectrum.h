// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <memory>
#include <vector>

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

/// One power spectrum: bin b lies at (b - nfft/2) / nfft cycles per sample; the bins sum to the mean power.
struct Spectrum {
    const float* psd = nullptr; ///< [nfft], valid until the next `measure`
    int nfft = 0;               ///< 0 when there were too few samples
    int averages = 0;           ///< half-overlapping segments that were averaged
};

/// Mean over three bins, around the end as the spectrum of a sampled signal goes on; `result` [nfft].
void smooth_bins(const Spectrum& spectrum, float* result) noexcept;

/// Independent averages that such a mean of neighboring Hann bins is worth (bin correlation 4/9 and 1/36).
inline constexpr float kSmoothingGain = 1.86f;

/// Welch's averaged periodogram (Hann window, 50 % overlap). The transform length follows the number of samples,
/// a power of two 32..512 with at least 7 averages. Plans and buffers are made at construction only.
class WelchSpectrum
{
public:
    static constexpr int kMinNfft = 32;
    static constexpr int kMaxNfft = 512;

    WelchSpectrum();
    ~WelchSpectrum();
    WelchSpectrum(WelchSpectrum&&) noexcept;
    WelchSpectrum& operator=(WelchSpectrum&&) noexcept;

    Spectrum measure(const std::complex<float>* samples, int count) noexcept;

private:
    struct Transform;
    Transform* transform_for(int count) noexcept;

    std::vector<std::unique_ptr<Transform>> transforms_; ///< by rising length
};

} // namespace prunedamr::dsp
