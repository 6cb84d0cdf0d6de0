// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/live_classifier.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace prunedamr::rx {

/// The line of numbers that the receiver prints once a second.
class Statistics
{
public:
    using Clock = std::chrono::steady_clock;

    Statistics() : start_(Clock::now()), previous_time_(start_) {}

    /// Totals, with rate and busy share since the previous line. `lost`: events that sinks did not get.
    std::string line(const stream::ClassifierStats& now, std::uint64_t lost);

    /// Totals, with rate and busy share over the whole run.
    std::string summary(const stream::ClassifierStats& now, std::uint64_t lost) const;

private:
    Clock::time_point start_;
    Clock::time_point previous_time_;
    stream::ClassifierStats previous_;
};

} // namespace prunedamr::rx
