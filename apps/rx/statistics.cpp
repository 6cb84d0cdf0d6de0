// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/rx/statistics.h"

#include <algorithm>
#include <cstdio>

namespace prunedamr::rx {
namespace {

using stream::ClassifierStats;

double seconds(Statistics::Clock::duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

std::string format(double elapsed_s, double span_s, const ClassifierStats& before, const ClassifierStats& now,
                   std::uint64_t lost)
{
    const double span = std::max(span_s, 1e-9);
    char text[240];
    std::snprintf(
        text, sizeof text,
        "%.1f s: %llu samples (%.3f MS/s), %llu frames, %llu events, %llu dropped, %llu lost, %.0f %% busy",
        elapsed_s, static_cast<unsigned long long>(now.samples),
        static_cast<double>(now.samples - before.samples) / span / 1e6, static_cast<unsigned long long>(now.frames),
        static_cast<unsigned long long>(now.events), static_cast<unsigned long long>(now.dropped_frames),
        static_cast<unsigned long long>(lost), 100.0 * (now.busy_s - before.busy_s) / span);
    return text;
}

} // namespace

std::string Statistics::line(const ClassifierStats& now, std::uint64_t lost)
{
    const auto time = Clock::now();
    const auto text = format(seconds(time - start_), seconds(time - previous_time_), previous_, now, lost);
    previous_time_ = time;
    previous_ = now;
    return text;
}

std::string Statistics::summary(const ClassifierStats& now, std::uint64_t lost) const
{
    const double elapsed_s = seconds(Clock::now() - start_);
    return format(elapsed_s, elapsed_s, {}, now, lost);
}

} // namespace prunedamr::rx
