// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/welch_spectrum.h"

#include "prunedamr/dsp/fft.h"

#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {

struct HannTransform::Impl {
    explicit Impl(int n);

    int nfft;
    float window_energy = 0.0f;
    volk::vector<float> window, power;
    volk::vector<std::complex<float>> windowed, transformed;
    Fft fft;
};

HannTransform::Impl::Impl(int n)
    : nfft(n), window(n), power(n), windowed(n), transformed(n), fft(n, FftDirection::forward)
{
    for (int i = 0; i < n; ++i) {
        window[i] = 0.5f - 0.5f * static_cast<float>(std::cos(2.0 * M_PI * i / n));
        window_energy += window[i] * window[i];
    }
}

HannTransform::HannTransform(int nfft) : impl_(std::make_unique<Impl>(nfft)) {}

HannTransform::~HannTransform() = default;
HannTransform::HannTransform(HannTransform&&) noexcept = default;
HannTransform& HannTransform::operator=(HannTransform&&) noexcept = default;

int HannTransform::nfft() const noexcept
{
    return impl_->nfft;
}

const float* HannTransform::power(const std::complex<float>* samples) noexcept
{
    const auto n = static_cast<unsigned>(impl_->nfft);
    volk_32fc_32f_multiply_32fc(impl_->windowed.data(), samples, impl_->window.data(), n);
    impl_->fft.run(impl_->windowed.data(), impl_->transformed.data());
    volk_32fc_magnitude_squared_32f(impl_->power.data(), impl_->transformed.data(), n);
    return impl_->power.data();
}

void HannTransform::center(const float* sum, int segments, float* psd) const noexcept
{
    const int n = impl_->nfft, half = n / 2;
    const float scale = 1.0f / (static_cast<float>(segments) * static_cast<float>(n) * impl_->window_energy);
    for (int i = 0; i < half; ++i) {
        psd[i] = scale * sum[i + half];
        psd[i + half] = scale * sum[i];
    }
}

namespace {

/// Fewest samples per transform length: 4 lengths give 7 half-overlapping segments.
constexpr int kLengthsPerBlock = 4;

} // namespace

void smooth_bins(const Spectrum& spectrum, float* result) noexcept
{
    const float* psd = spectrum.psd;
    const int last = spectrum.nfft - 1;
    result[0] = (psd[last] + psd[0] + psd[1]) / 3.0f;
    for (int i = 1; i < last; ++i)
        result[i] = (psd[i - 1] + psd[i] + psd[i + 1]) / 3.0f;
    result[last] = (psd[last - 1] + psd[last] + psd[0]) / 3.0f;
}

struct WelchSpectrum::Transform {
    explicit Transform(int n) : nfft(n), hann(n), sum(n), psd(n) {}

    int nfft;
    HannTransform hann;
    volk::vector<float> sum, psd;
};

WelchSpectrum::WelchSpectrum()
{
    for (int n = kMinNfft; n <= kMaxNfft; n *= 2)
        transforms_.push_back(std::make_unique<Transform>(n));
}

WelchSpectrum::~WelchSpectrum() = default;
WelchSpectrum::WelchSpectrum(WelchSpectrum&&) noexcept = default;
WelchSpectrum& WelchSpectrum::operator=(WelchSpectrum&&) noexcept = default;

WelchSpectrum::Transform* WelchSpectrum::transform_for(int count) noexcept
{
    Transform* best = nullptr;
    for (const auto& transform : transforms_)
        if (count >= kLengthsPerBlock * transform->nfft)
            best = transform.get();
    return best;
}

Spectrum WelchSpectrum::measure(const std::complex<float>* samples, int count) noexcept
{
    Transform* transform = transform_for(count);
    if (!transform)
        return {};
    std::fill(transform->sum.begin(), transform->sum.end(), 0.0f);
    const int hop = transform->nfft / 2;
    const int segments = count / hop - 1;
    for (int s = 0; s < segments; ++s)
        volk_32f_x2_add_32f(transform->sum.data(), transform->sum.data(), transform->hann.power(samples + s * hop),
                            static_cast<unsigned>(transform->nfft));
    transform->hann.center(transform->sum.data(), segments, transform->psd.data());
    return { transform->psd.data(), transform->nfft, segments };
}

} // namespace prunedamr::dsp
