// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/label_event.h"

#include <cstdint>

namespace prunedamr::stream {

/// Time as the classifiers read it: a test gives them a clock of its own. Any thread.
class Clock
{
public:
    virtual ~Clock() = default;
    virtual std::int64_t steady_ns() const noexcept = 0; ///< since a fixed instant; never goes back
    virtual std::int64_t system_ns() const noexcept = 0; ///< since 1970-01-01 UTC
};

/// That of this computer.
const Clock& real_clock() noexcept;

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

/// Time of the samples of a stream that comes as it is received, whose sample clock is not that of the computer,
/// and from which samples may be missing. Either the source stamps its samples, or their arrival tells the time: no
/// sample arrives before it was received, so that the least delayed arrival of two seconds is right but for a
/// constant delay (seconds in which samples were waited for: what waits itself is late, but not missing). Where the
/// clock is more than `kMinErrorS` off that it is slewed, by 500 ppm at most, which is ten times the error of a
/// poor crystal; else time is samples counted.
///
/// It is set at once where samples come more than `kMaxErrorS` before their time; where they come `kLatestArrivalS`
/// after it and were waited for as long (samples are missing); and after two seconds in which all came more than
/// `kMaxErrorS` late (the same). So it recovers from any error within two seconds. One thread; no allocation.
class StreamClock
{
public:
    static constexpr double kMinErrorS = 0.02;
    static constexpr double kMaxErrorS = 0.1;
    static constexpr double kMaxSlew = 500e-6; ///< seconds per second
    static constexpr double kLatestArrivalS = 0.5;
    static constexpr double kStampTolerance = 100e-6; ///< of the time between two stamps, and two samples more

    explicit StreamClock(double sample_rate_hz) : clock_(sample_rate_hz) {}

    bool is_set() const noexcept { return clock_.is_set(); }
    bool is_stamped() const noexcept { return is_stamped_; } ///< stamps tell the time, not arrivals
    TimeSource source() const noexcept { return clock_.source(); }
    std::int64_t time_ns(std::uint64_t sample_index) const noexcept { return clock_.time_ns(sample_index); }

    /// Samples up to `end` (one beyond the last) have arrived, at `now_ns` of the system's clock, and were waited
    /// for before. True where others are missing before these, for which the clock is right from now on. Where
    /// stamps tell the time, it does nothing.
    bool on_arrival(std::uint64_t end, std::int64_t now_ns, std::int64_t waited_ns) noexcept;

    /// The source says that sample `index` has this time. True where samples are missing before it, as `is_gap`.
    bool on_stamp(std::uint64_t index, std::int64_t time_ns, TimeSource source) noexcept;

    /// Whether that is later than the samples since the last stamp explain, by more than the tolerance.
    bool is_gap(std::uint64_t index, std::int64_t time_ns) const noexcept;

    /// Samples are missing before those that come next, whose stamp or arrival sets the time.
    void on_loss() noexcept { lost_ = true; }

private:
    void begin_at(std::uint64_t end, std::int64_t now_ns) noexcept;
    void begin_window() noexcept;
    bool end_window(std::uint64_t end) noexcept;

    SampleClock clock_;
    bool lost_ = false;
    bool is_stamped_ = false;
    std::int64_t stamp_ns_ = 0;      ///< time of the last stamp
    std::int64_t waited_ns_ = 0;     ///< for samples in this window,
    std::int64_t least_late_ns_ = 0; ///< of whose arrivals the least delayed is this late
};

} // namespace prunedamr::stream
