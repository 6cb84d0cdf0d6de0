// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/stream/survey.h"
#include "prunedamr/stream/survey_plan.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::stream {
namespace {

constexpr double kTransformS = 0.006, kLookS = 0.04;
constexpr int kLeastNfft = 256, kMostNfft = 16384, kLeastSegments = 16;

} // namespace

void check(const SurveyConfig& config)
{
    check(config.stream);
    if (config.stream.bursts)
        throw InvalidArgument{ { "a survey has no bursts of the whole band", "survey: bursts", "true", "false" } };
    if (config.max_signals < 1 || config.max_signals > SurveyConfig::kMostSignals)
        throw InvalidArgument{ { "value out of range", "survey: max_signals", std::to_string(config.max_signals),
                                 "1..64" } };
}

SurveyPlan plan_survey(double sample_rate_hz, std::uint64_t interval_samples)
{
    SurveyPlan plan;
    for (plan.nfft = kLeastNfft; plan.nfft < kMostNfft && 2 * plan.nfft <= kTransformS * sample_rate_hz;)
        plan.nfft *= 2;
    const double hops = std::max(1.0, std::ceil(static_cast<double>(interval_samples) / plan.hop()));
    const double looks = std::min(std::round(hops * plan.hop() / (kLookS * sample_rate_hz)), hops / kLeastSegments);
    plan.looks_per_interval = static_cast<std::uint64_t>(std::max(1.0, std::floor(looks)));
    plan.segments_per_look = std::max(
        interval_samples == 0 ? static_cast<int>(std::ceil(kLookS * sample_rate_hz / plan.hop())) : kLeastSegments,
        static_cast<int>(std::ceil(hops / static_cast<double>(plan.looks_per_interval))));
    plan.segments_per_look = std::max(kLeastSegments, plan.segments_per_look);
    return plan;
}

} // namespace prunedamr::stream
