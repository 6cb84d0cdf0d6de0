// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/welch_spectrum.h"

#include "prunedamr/dsp/hann_transform.h"

#include <volk/volk.h>
#include <volk/volk_alloc.hh>

#include <algorithm>

namespace prunedamr::dsp {
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
