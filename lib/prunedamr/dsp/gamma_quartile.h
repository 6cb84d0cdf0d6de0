// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>

namespace prunedamr::dsp {

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
