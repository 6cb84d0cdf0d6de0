// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/stream_classifier.h"

#include <fmt/format.h>

namespace prunedamr::stream {
namespace {

constexpr double kAbsurdFraction = 0.01; ///< of all samples, which are no accident

} // namespace

std::array<std::string, 3> doubts(const ClassifierStats& stats)
{
    std::array<std::string, 3> texts;
    if (stats.clipped_events > 0)
        texts[0] = "Samples are clipped, which changes labels: lower the gain (see clipped in the events)";
    const auto samples = static_cast<double>(stats.samples);
    if (static_cast<double>(stats.absurd) > kAbsurdFraction * samples)
        texts[1] = fmt::format("{:.0f} % of the samples are beyond 1e6 or vanish: --format is probably another one",
                               100.0 * static_cast<double>(stats.absurd) / samples);
    else if (stats.non_finite > 0)
        texts[1] = "Some samples are no finite numbers; they count as zero";
    if (stats.unanswered_events > 0)
        texts[2] = "The model gave no answer to the frames of some events, which are unknown: it fails on them";
    return texts;
}

} // namespace prunedamr::stream
