// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/welch_spectrum.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/fftw_planner.h"

#include <fftw3.h>
#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

/// Fewest samples per transform length: 4 lengths give 7 half-overlapping segments.
constexpr int kLengthsPerBlock = 4;

fftwf_complex* fftw(std::complex<float>* p)
{
    return reinterpret_cast<fftwf_complex*>(p);
}

} // namespace

struct WelchSpectrum::Transform {
    explicit Transform(int nfft);
    ~Transform();
    Transform(const Transform&) = delete;
    Transform& operator=(const Transform&) = delete;

    void add_segment(const std::complex<float>* samples) noexcept;
    void finish(int segments) noexcept;

    int nfft;
    float window_energy = 0.0f;
    volk::vector<float> window, power, sum, psd;
    volk::vector<std::complex<float>> windowed, transformed;
    fftwf_plan plan;
};

WelchSpectrum::Transform::Transform(int n)
    : nfft(n), window(n), power(n), sum(n), psd(n), windowed(n), transformed(n)
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

WelchSpectrum::Transform::~Transform()
{
    const std::lock_guard<std::mutex> lock(fftw_planner_mutex());
    fftwf_destroy_plan(plan);
}

void WelchSpectrum::Transform::add_segment(const std::complex<float>* samples) noexcept
{
    const auto n = static_cast<unsigned>(nfft);
    volk_32fc_32f_multiply_32fc(windowed.data(), samples, window.data(), n);
    fftwf_execute(plan);
    volk_32fc_magnitude_squared_32f(power.data(), transformed.data(), n);
    volk_32f_x2_add_32f(sum.data(), sum.data(), power.data(), n);
}

/// Scales the sum so that the bins add up to the mean power, and puts frequency zero in the middle.
void WelchSpectrum::Transform::finish(int segments) noexcept
{
    const float scale = 1.0f / (static_cast<float>(segments) * static_cast<float>(nfft) * window_energy);
    const int half = nfft / 2;
    for (int i = 0; i < half; ++i) {
        psd[i] = scale * sum[i + half];
        psd[i + half] = scale * sum[i];
    }
}

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
        transform->add_segment(samples + s * hop);
    transform->finish(segments);
    return { transform->psd.data(), transform->nfft, segments };
}

} // namespace prunedamr::dsp
