// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/clock.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace prunedamr::stream {
namespace {

__extension__ using Wide = __int128; // sample index times 1e15 exceeds 64 bits

constexpr Wide kNsTimesUhz = 1'000'000'000'000'000; // ns per s times uHz per Hz
constexpr std::int64_t kWindowNs = 2'000'000'000;   // of waiting, whose least delayed arrival counts
constexpr std::int64_t kMinErrorNs = static_cast<std::int64_t>(1e9 * StreamClock::kMinErrorS);
constexpr std::int64_t kMaxErrorNs = static_cast<std::int64_t>(1e9 * StreamClock::kMaxErrorS);
constexpr std::int64_t kLatestArrivalNs = static_cast<std::int64_t>(1e9 * StreamClock::kLatestArrivalS);

template <typename Source> std::int64_t now_ns() noexcept
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Source::now().time_since_epoch()).count();
}

class RealClock final : public Clock
{
public:
    std::int64_t steady_ns() const noexcept override { return now_ns<std::chrono::steady_clock>(); }
    std::int64_t system_ns() const noexcept override { return now_ns<std::chrono::system_clock>(); }
};

} // namespace

const Clock& real_clock() noexcept
{
    static const RealClock clock;
    return clock;
}

SampleClock::SampleClock(double sample_rate_hz) : rate_uhz_(std::llround(sample_rate_hz * 1e6)) {}

void SampleClock::set(std::uint64_t sample_index, std::int64_t time_ns, TimeSource source) noexcept
{
    reference_index_ = sample_index;
    reference_ns_ = time_ns;
    source_ = source;
    is_set_ = true;
}

std::int64_t SampleClock::time_ns(std::uint64_t sample_index) const noexcept
{
    const auto elapsed = static_cast<std::int64_t>(sample_index - reference_index_);
    const Wide half = elapsed < 0 ? -(rate_uhz_ / 2) : rate_uhz_ / 2;
    return reference_ns_ + static_cast<std::int64_t>((elapsed * kNsTimesUhz + half) / rate_uhz_);
}

bool StreamClock::on_arrival(std::uint64_t end, std::int64_t now_ns, std::int64_t waited_ns) noexcept
{
    if (is_stamped_ && !lost_)
        return false;
    if (!clock_.is_set() || lost_) {
        begin_at(end, now_ns);
        return false;
    }
    const std::int64_t late_ns = now_ns - clock_.time_ns(end);
    const bool gap = late_ns > kLatestArrivalNs && waited_ns > kLatestArrivalNs;
    if (gap || late_ns < -kMaxErrorNs) {
        begin_at(end, now_ns);
        return gap;
    }
    least_late_ns_ = std::min(least_late_ns_, late_ns);
    waited_ns_ += std::max<std::int64_t>(waited_ns, 0);
    return waited_ns_ >= kWindowNs && end_window(end);
}

/// These samples have come just now.
void StreamClock::begin_at(std::uint64_t end, std::int64_t now_ns) noexcept
{
    clock_.set(end, now_ns, TimeSource::system);
    is_stamped_ = lost_ = false;
    begin_window();
}

void StreamClock::begin_window() noexcept
{
    waited_ns_ = 0;
    least_late_ns_ = std::numeric_limits<std::int64_t>::max();
}

/// What even the least delayed samples of a window came late by is not a delay.
bool StreamClock::end_window(std::uint64_t end) noexcept
{
    const std::int64_t late_ns = least_late_ns_;
    const auto most = static_cast<std::int64_t>(kMaxSlew * static_cast<double>(waited_ns_));
    const bool gap = late_ns > kMaxErrorNs;
    if (std::abs(late_ns) > kMinErrorNs)
        clock_.set(end, clock_.time_ns(end) + (gap ? late_ns : std::clamp(late_ns, -most, most)),
                   TimeSource::system);
    begin_window();
    return gap;
}

bool StreamClock::on_stamp(std::uint64_t index, std::int64_t time_ns, TimeSource source) noexcept
{
    const bool gap = is_gap(index, time_ns);
    clock_.set(index, time_ns, source);
    stamp_ns_ = time_ns;
    is_stamped_ = true;
    lost_ = false;
    return gap;
}

bool StreamClock::is_gap(std::uint64_t index, std::int64_t time_ns) const noexcept
{
    const std::int64_t expected_ns = clock_.time_ns(index);
    const std::int64_t two_samples_ns = clock_.time_ns(index + 2) - expected_ns;
    const double tolerance_ns = kStampTolerance * static_cast<double>(expected_ns - stamp_ns_);
    return is_stamped_ &&
           static_cast<double>(time_ns - expected_ns) >= static_cast<double>(two_samples_ns) + tolerance_ns;
}

} // namespace prunedamr::stream
