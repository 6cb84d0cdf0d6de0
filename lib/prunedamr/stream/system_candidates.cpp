// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/system_candidates.h"

namespace prunedamr::stream {

void set_candidates(const systems::Matcher& matcher, LabelEvent& event) noexcept
{
    static_assert(LabelEvent::kTop == systems::Matcher::kMost);
    constexpr double kBins = 1024.0; // of a band, as wide as the narrowest that its width is told of
    systems::Observation seen;
    seen.center_hz = event.center_freq_hz;
    seen.bandwidth_hz = event.bandwidth_hz;
    seen.resolution_hz = event.sample_rate_hz / kBins;
    seen.snr_db = static_cast<double>(event.snr_db);
    seen.label = event.label.view();
    seen.family = event.family.view();
    seen.confidence = static_cast<double>(event.confidence);
    seen.measured = &event.measured;
    if (event.is_whole)
        seen.burst_s = static_cast<double>(event.sample_count) / event.sample_rate_hz;
    event.candidate_count = 0;
    for (const systems::Candidate& found : matcher.candidates(seen))
        if (found.system >= 0)
            event.candidates[static_cast<std::size_t>(event.candidate_count++)] = LabelEvent::SystemCandidate{
                std::string_view(matcher.systems()[static_cast<std::size_t>(found.system)].name), found.fits,
                found.misses
            };
}

} // namespace prunedamr::stream
