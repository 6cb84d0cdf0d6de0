// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <vector>

namespace prunedamr::dsp {

/// Local noise density of a wide spectrum by ordered statistics: of each short stretch of bins a low quantile, of
/// the stretches in the half of the band around a bin again a low one. So signals may fill most of a stretch, or a
/// third of the band in one piece, and a receiver's roll-off at the ends, where the floor comes out too high, does
/// not pull down the rest. Allocates at construction only.
class NoiseFloor
{
public:
    explicit NoiseFloor(int nfft); ///< a power of two >= 64

    /// psd [nfft], each bin the mean of about `shape` independent values; the result, the mean noise in each bin,
    /// [nfft], is valid until the next call.
    const float* measure(const float* psd, float shape) noexcept;

private:
    int stretch_; ///< bins
    std::vector<float> ranked_;
    std::vector<float> of_stretch_, of_neighborhood_;
    std::vector<float> floor_;
};

inline constexpr float kQuartile = 0.25f;

/// Mean of a gamma variable with `shape` over its lower quartile (Wilson and Hilferty): turns the bin below which a
/// quarter of averaged noise bins lies into their mean.
inline float mean_over_quartile(float shape) noexcept
{
    constexpr float kNormalQuartile = -0.6745f;
    const float root = 1.0f - 1.0f / (9.0f * shape) + kNormalQuartile / (3.0f * std::sqrt(shape));
    return 1.0f / (root * root * root);
}

} // namespace prunedamr::dsp
