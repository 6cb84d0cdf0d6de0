// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>

namespace prunedamr::detect {

/// Value that a fraction of values[count > 0] lies below; changes their order.
inline float quantile(float* values, int count, float fraction) noexcept
{
    const int rank = std::min(count - 1, static_cast<int>(fraction * static_cast<float>(count)));
    std::nth_element(values, values + rank, values + count);
    return values[rank];
}

/// Quantile of those of values[count] above `least`; 0 if there are none.
inline float quantile_above(const float* values, int count, float least, float fraction, float* scratch)
{
    int kept = 0;
    for (int i = 0; i < count; ++i)
        if (values[i] > least)
            scratch[kept++] = values[i];
    return kept > 0 ? quantile(scratch, kept, fraction) : 0.0f;
}

/// The normal deviate below which a fraction 0 < p < 1 lies (Abramowitz and Stegun 26.2.23, to 5e-4).
inline float normal_quantile(float p) noexcept
{
    const float tail = std::min(p, 1.0f - p), t = std::sqrt(-2.0f * std::log(tail));
    const float z = t - (2.515517f + t * (0.802853f + t * 0.010328f)) /
                            (1.0f + t * (1.432788f + t * (0.189269f + t * 0.001308f)));
    return p < 0.5f ? -z : z;
}

/// A gamma variable of this shape and mean 1 at the normal deviate z (Wilson and Hilferty, 1931).
inline float gamma_quantile(float shape, float z) noexcept
{
    const float root = 1.0f - 1.0f / (9.0f * shape) + z / (3.0f * std::sqrt(shape));
    return root > 0.0f ? root * root * root : 0.0f;
}

inline float decibels(float ratio) noexcept
{
    return 10.0f * std::log10(std::max(ratio, 1e-12f));
}

} // namespace prunedamr::detect
