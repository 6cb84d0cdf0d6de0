// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/receiver.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::rx {

/// The line of numbers that the receiver prints once a second.
class Statistics
{
public:
    using Clock = std::chrono::steady_clock;

    /// `live`: the lines log, too, what was lost before the classifier.
    explicit Statistics(bool live) : start_(Clock::now()), previous_time_(start_), live_(live) {}

    /// Totals, with rate and busy share since the previous line. `lost`: events that sinks did not get.
    std::string line(const receiver::ReceiverStats& now, std::uint64_t lost);

    /// Totals of those that have ended and the present one.
    receiver::ReceiverStats total(const receiver::ReceiverStats& present) const;

    /// A receiver has ended; the next one begins at zero.
    void add(const receiver::ReceiverStats& ended);

    void end() { end_ = Clock::now(); } ///< of the run: what is written out afterwards counts in no rate

    /// Totals of those that have ended, with rate and busy share over the whole run.
    std::string summary(std::uint64_t lost) const;

private:
    Clock::time_point start_;
    Clock::time_point previous_time_;
    std::optional<Clock::time_point> end_;
    const bool live_;
    receiver::ReceiverStats previous_, ended_;
};

/// CPU time of the process so far.
double cpu_seconds();

/// A line per stage of `StageTimer` that took any CPU time: how much, its share of the process, and per sample.
/// `start_s`: what `cpu_seconds` was before the first sample.
std::vector<std::string> stage_table(std::uint64_t samples, double start_s);

} // namespace prunedamr::rx
