// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"

#include <cstdint>

namespace prunedamr::stream {

/// Time of samples of a constant rate, counted from one reference in integers: exact to the nanosecond for
/// streams of any length.
class SampleClock
{
public:
    explicit SampleClock(double sample_rate_hz);

    void set(std::uint64_t sample_index, std::int64_t time_ns, TimeSource source) noexcept;
    bool is_set() const noexcept { return is_set_; }
    TimeSource source() const noexcept { return source_; }
    std::int64_t time_ns(std::uint64_t sample_index) const noexcept;

private:
    std::int64_t rate_uhz_;
    std::uint64_t reference_index_ = 0;
    std::int64_t reference_ns_ = 0;
    TimeSource source_ = TimeSource::system;
    bool is_set_ = false;
};

} // namespace prunedamr::stream
