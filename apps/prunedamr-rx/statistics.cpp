// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/statistics.h"

#include <algorithm>
#include <cstdio>

namespace prunedamr::rx {
namespace {

using receiver::ReceiverStats;

double seconds(Statistics::Clock::duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

std::string losses(const ReceiverStats& now)
{
    const auto count = [](std::uint64_t value, const char* what) { return std::to_string(value) + what; };
    return count(now.overflows, " overflows, ") + count(now.silent_s, " s silent, ") +
           (now.rejected > 0 ? count(now.rejected, " messages rejected, ") : "");
}

ReceiverStats sum(const ReceiverStats& a, const ReceiverStats& b)
{
    ReceiverStats result = a;
    stream::visit_stats([&](const char*, auto member, const char*) {
        result.classifier.*member += b.classifier.*member;
    });
    receiver::visit_receiver_stats([&](const char*, auto member, const char*) { result.*member += b.*member; });
    return result;
}

std::string format(double elapsed_s, double span_s, const ReceiverStats& before, const ReceiverStats& now,
                   std::uint64_t lost, bool live)
{
    const auto &then = before.classifier, &classifier = now.classifier;
    const double span = std::max(span_s, 1e-9);
    char text[400];
    std::snprintf(
        text, sizeof text,
        "%.1f s: %llu samples (%.3f MS/s), %llu frames, %llu events, %llu dropped, %llu lost, %s%.0f %% busy",
        elapsed_s, static_cast<unsigned long long>(classifier.samples),
        static_cast<double>(classifier.samples - then.samples) / span / 1e6,
        static_cast<unsigned long long>(classifier.frames), static_cast<unsigned long long>(classifier.events),
        static_cast<unsigned long long>(classifier.dropped_frames), static_cast<unsigned long long>(lost),
        live ? losses(now).c_str() : "", 100.0 * (classifier.busy_s - then.busy_s) / span);
    return text;
}

} // namespace

std::string Statistics::line(const ReceiverStats& present, std::uint64_t lost)
{
    const auto time = Clock::now();
    const ReceiverStats now = sum(ended_, present);
    const auto text = format(seconds(time - start_), seconds(time - previous_time_), previous_, now, lost, live_);
    previous_time_ = time;
    previous_ = now;
    return text;
}

ReceiverStats Statistics::total(const ReceiverStats& present) const
{
    return sum(ended_, present);
}

void Statistics::add(const ReceiverStats& ended)
{
    ended_ = sum(ended_, ended);
}

std::string Statistics::summary(std::uint64_t lost) const
{
    const double elapsed_s = seconds(end_.value_or(Clock::now()) - start_);
    return format(elapsed_s, elapsed_s, {}, ended_, lost, live_);
}

} // namespace prunedamr::rx
