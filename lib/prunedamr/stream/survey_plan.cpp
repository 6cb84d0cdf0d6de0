// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/survey_plan.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::stream {
namespace {

constexpr double kTransformS = 0.006, kDwellS = 0.04;
constexpr int kLeastNfft = 256, kMostNfft = 16384, kLeastSegments = 16;

} // namespace

SurveyPlan plan_survey(double sample_rate_hz, std::uint64_t interval_samples)
{
    SurveyPlan plan;
    for (plan.nfft = kLeastNfft; plan.nfft < kMostNfft && 2 * plan.nfft <= kTransformS * sample_rate_hz;)
        plan.nfft *= 2;
    const double hops = std::max(1.0, std::ceil(static_cast<double>(interval_samples) / plan.hop()));
    const double dwells =
        std::min(std::round(hops * plan.hop() / (kDwellS * sample_rate_hz)), hops / kLeastSegments);
    plan.dwells_per_interval = static_cast<std::uint64_t>(std::max(1.0, std::floor(dwells)));
    plan.segments_per_dwell = std::max(
        interval_samples == 0 ? static_cast<int>(std::ceil(kDwellS * sample_rate_hz / plan.hop())) : kLeastSegments,
        static_cast<int>(std::ceil(hops / static_cast<double>(plan.dwells_per_interval))));
    plan.segments_per_dwell = std::max(kLeastSegments, plan.segments_per_dwell);
    return plan;
}

} // namespace prunedamr::stream
