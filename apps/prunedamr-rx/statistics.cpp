// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/statistics.h"

#include "prunedamr/base/stage_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

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

double cpu_seconds()
{
    timespec cpu{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    return static_cast<double>(cpu.tv_sec) + 1e-9 * static_cast<double>(cpu.tv_nsec);
}

std::vector<std::string> stage_table(std::uint64_t samples, double start_s)
{
    const double all_s = cpu_seconds();
    double rest_s = all_s - start_s;
    std::vector<std::string> table{ fmt::format("{:<28} {:>9} {:>7} {:>10}", "stage", "CPU s", "share",
                                                "ns/sample") };
    const auto add = [&](const char* name, double stage_s) {
        table.push_back(fmt::format("{:<28} {:9.3f} {:6.1f}% {:10.2f}", name, stage_s, 100.0 * stage_s / all_s,
                                    1e9 * stage_s / static_cast<double>(std::max<std::uint64_t>(samples, 1))));
    };
    add("start", start_s);
    const auto times = stage_times();
    for (std::size_t i = 0; i < times.size(); ++i)
        if (const double stage_s = 1e-9 * static_cast<double>(times[i]); stage_s > 0.0) {
            add(description(static_cast<Stage>(i)), stage_s);
            rest_s -= stage_s;
        }
    add("other", std::max(rest_s, 0.0));
    add("all", all_s);
    return table;
}

} // namespace prunedamr::rx
