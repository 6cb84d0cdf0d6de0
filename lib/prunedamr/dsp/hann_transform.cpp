// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/hann_transform.h"

#include "prunedamr/dsp/fft.h"

#include <volk/volk.h>
#include <volk/volk_alloc.hh>

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

} // namespace prunedamr::dsp
