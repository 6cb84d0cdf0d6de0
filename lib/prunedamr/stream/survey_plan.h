// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace prunedamr::stream {

/// Sizes of a survey that follow from the rate and the interval.
struct SurveyPlan {
    int nfft = 0;               ///< bins of 0.1 to 0.3 kHz at rates that allow it
    int segments_per_dwell = 0; ///< half-overlapping transforms, at least 16; some 40 ms
    std::uint64_t dwells_per_interval = 0;

    int hop() const { return nfft / 2; }
};

/// An interval of 0 samples is one dwell.
SurveyPlan plan_survey(double sample_rate_hz, std::uint64_t interval_samples);

} // namespace prunedamr::stream
