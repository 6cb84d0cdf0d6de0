// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/dwell_spectrum.h"

#include "prunedamr/base/vector_clones.h"

#include <algorithm>

namespace prunedamr::dsp {
namespace {

float squared(std::complex<float> below, std::complex<float> at, std::complex<float> above) noexcept
{
    return std::norm(0.5f * at - 0.25f * (below + above));
}

/// Bins first..end - 1, none of which is at an end of the transform; x is interleaved.
PRUNEDAMR_VECTOR_CLONES
void add_power(const float* x, std::ptrdiff_t first, std::ptrdiff_t end, float* sum) noexcept
{
    for (std::ptrdiff_t k = first; k < end; ++k) {
        const float re = 0.5f * x[2 * k] - 0.25f * (x[2 * k - 2] + x[2 * k + 2]);
        const float im = 0.5f * x[2 * k + 1] - 0.25f * (x[2 * k - 1] + x[2 * k + 3]);
        sum[k] += re * re + im * im;
    }
}

} // namespace

DwellSpectrum::DwellSpectrum(int nfft) : sum_(static_cast<std::size_t>(nfft)), psd_(static_cast<std::size_t>(nfft))
{
}

void DwellSpectrum::add(const std::complex<float>* transformed) noexcept
{
    const auto last = static_cast<std::ptrdiff_t>(sum_.size()) - 1;
    sum_[0] += squared(transformed[last], transformed[0], transformed[1]);
    add_power(reinterpret_cast<const float*>(transformed), 1, last, sum_.data());
    sum_[last] += squared(transformed[last - 1], transformed[last], transformed[0]);
    ++segments_;
}

Spectrum DwellSpectrum::finish() noexcept
{
    constexpr float kMost = 1e30f;          // samples beyond all scales overflow to infinity or to no number
    constexpr float kWindowEnergy = 0.375f; // mean square of the Hann window
    const auto nfft = static_cast<int>(sum_.size());
    const auto n = static_cast<float>(nfft);
    const float scale = 1.0f / (static_cast<float>(std::max(segments_, 1)) * n * n * kWindowEnergy);
    for (int i = 0; i < nfft; ++i) {
        const float density = scale * sum_[(i + nfft / 2) % nfft];
        psd_[i] = density < kMost ? density : kMost;
    }
    std::fill(sum_.begin(), sum_.end(), 0.0f);
    const int averages = std::max(segments_, 1);
    segments_ = 0;
    return { psd_.data(), nfft, averages };
}

} // namespace prunedamr::dsp
