// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/noise_floor.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

constexpr int kMostStretches = 64;
constexpr int kLeastStretch = 16; ///< bins
constexpr double kStretchQuantile = 0.4;

float quantile(float* values, int count, double share) noexcept
{
    const int rank = static_cast<int>(share * count);
    std::nth_element(values, values + rank, values + count);
    return values[rank];
}

} // namespace

NoiseFloor::NoiseFloor(int nfft)
    : stretch_(std::max(kLeastStretch, nfft / kMostStretches)), ranked_(static_cast<std::size_t>(nfft)),
      of_stretch_(static_cast<std::size_t>(nfft / stretch_)), of_neighborhood_(of_stretch_.size()),
      floor_(static_cast<std::size_t>(nfft))
{
    PRUNEDAMR_CHECK(nfft >= 4 * kLeastStretch && nfft % stretch_ == 0, "a noise floor is that of whole stretches");
}

const float* NoiseFloor::measure(const float* psd, float shape) noexcept
{
    const auto stretches = static_cast<int>(of_stretch_.size());
    const int around = stretches / 2;
    for (int s = 0; s < stretches; ++s) {
        std::copy_n(psd + s * stretch_, stretch_, ranked_.data());
        of_stretch_[s] = quantile(ranked_.data(), stretch_, kQuartile);
    }
    const float to_mean = mean_over_quartile(shape);
    for (int s = 0; s < stretches; ++s) { // at an end the neighborhood is the half of the band there
        const int first = std::clamp(s - around / 2, 0, stretches - around);
        std::copy_n(of_stretch_.data() + first, around, ranked_.data());
        of_neighborhood_[s] = to_mean * quantile(ranked_.data(), around, kStretchQuantile);
    }
    for (std::size_t i = 0; i < floor_.size(); ++i) { // linear between the middles of the stretches
        const float at = (static_cast<float>(i) + 0.5f) / static_cast<float>(stretch_) - 0.5f;
        const int left = std::clamp(static_cast<int>(std::floor(at)), 0, stretches - 2);
        const float share = std::clamp(at - static_cast<float>(left), 0.0f, 1.0f);
        floor_[i] = of_neighborhood_[left] + share * (of_neighborhood_[left + 1] - of_neighborhood_[left]);
    }
    return floor_.data();
}

} // namespace prunedamr::dsp
