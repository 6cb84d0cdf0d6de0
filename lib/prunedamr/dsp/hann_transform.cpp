// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/hann_transform.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/fftw_planner.h"

#include <fftw3.h>
#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <cmath>

namespace prunedamr::dsp {
namespace {

fftwf_complex* fftw(std::complex<float>* p)
{
    return reinterpret_cast<fftwf_complex*>(p);
}

} // namespace

struct HannTransform::Impl {
    explicit Impl(int n);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    int nfft;
    float window_energy = 0.0f;
    volk::vector<float> window, power;
    volk::vector<std::complex<float>> windowed, transformed;
    fftwf_plan plan;
};

HannTransform::Impl::Impl(int n) : nfft(n), window(n), power(n), windowed(n), transformed(n)
{
    for (int i = 0; i < n; ++i) {
        window[i] = 0.5f - 0.5f * static_cast<float>(std::cos(2.0 * M_PI * i / n));
        window_energy += window[i] * window[i];
    }
    const std::lock_guard<std::mutex> lock(fftw_planner_mutex());
    // Out of place: FFTW's in-place plans of these lengths allocate at every execution.
    plan = fftwf_plan_dft_1d(n, fftw(windowed.data()), fftw(transformed.data()), FFTW_FORWARD, FFTW_ESTIMATE);
    PRUNEDAMR_CHECK(plan != nullptr, "FFTW makes a plan for a power of two");
}

HannTransform::Impl::~Impl()
{
    const std::lock_guard<std::mutex> lock(fftw_planner_mutex());
    fftwf_destroy_plan(plan);
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
    fftwf_execute(impl_->plan);
    volk_32fc_magnitude_squared_32f(impl_->power.data(), impl_->transformed.data(), n);
    return impl_->power.data();
}

void HannTransform::centre(const float* sum, int segments, float* psd) const noexcept
{
    const int n = impl_->nfft, half = n / 2;
    const float scale = 1.0f / (static_cast<float>(segments) * static_cast<float>(n) * impl_->window_energy);
    for (int i = 0; i < half; ++i) {
        psd[i] = scale * sum[i + half];
        psd[i + half] = scale * sum[i];
    }
}

} // namespace prunedamr::dsp
