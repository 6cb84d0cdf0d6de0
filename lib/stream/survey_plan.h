// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace prunedamr::stream {

/// Sizes of a survey that follow from the rate and the interval.
struct SurveyPlan {
    int nfft = 0;              ///< bins of 0.1 to 0.3 kHz at rates that allow it
    int segments_per_look = 0; ///< half-overlapping transforms
    std::uint64_t looks_per_interval = 0;

    int hop() const { return nfft / 2; }
};

inline SurveyPlan plan_survey(double sample_rate_hz, std::uint64_t interval_samples)
{
    constexpr double kTransformS = 0.006, kLookS = 0.04;
    constexpr int kLeastNfft = 256, kMostNfft = 16384, kLeastSegments = 16;
    SurveyPlan plan;
    for (plan.nfft = kLeastNfft; plan.nfft < kMostNfft && 2 * plan.nfft <= kTransformS * sample_rate_hz;)
        plan.nfft *= 2;
    const double hops = std::max(1.0, std::ceil(static_cast<double>(interval_samples) / plan.hop()));
    const double most_per_look = std::max<double>(kLeastSegments, std::round(kLookS * sample_rate_hz / plan.hop()));
    plan.looks_per_interval = static_cast<std::uint64_t>(std::ceil(hops / most_per_look));
    plan.segments_per_look =
        std::max(kLeastSegments, static_cast<int>(std::ceil(hops / static_cast<double>(plan.looks_per_interval))));
    return plan;
}

} // namespace prunedamr::stream
