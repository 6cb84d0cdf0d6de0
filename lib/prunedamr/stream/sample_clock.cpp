// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/sample_clock.h"

#include <cmath>

namespace prunedamr::stream {
namespace {

__extension__ using Wide = __int128; // sample index times 1e15 exceeds 64 bits

constexpr Wide kNsTimesUhz = 1'000'000'000'000'000; // ns per s times uHz per Hz

} // namespace

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

} // namespace prunedamr::stream
