// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>

namespace prunedamr::stream {

/// Tracks how far processing has fallen behind the sample clock: work adds its time, samples take theirs off, and
/// idle time earns no credit. Once the backlog exceeds the limit, blocks are to be skipped until it is a quarter of
/// a second below the limit.
class BacklogTracker
{
public:
    explicit BacklogTracker(double max_lag_s) : max_lag_s_(max_lag_s) {}

    bool must_skip() const noexcept { return skipping_; }

    void worked(double busy_s, double sample_s) noexcept
    {
        backlog_s_ = std::max(0.0, backlog_s_ + busy_s - sample_s);
        skipping_ = backlog_s_ > max_lag_s_;
    }

    void skipped(double sample_s) noexcept
    {
        backlog_s_ = std::max(0.0, backlog_s_ - sample_s);
        skipping_ = backlog_s_ > std::max(0.0, max_lag_s_ - kWorkedOffAtOnceS);
    }

private:
    static constexpr double kWorkedOffAtOnceS = 0.25;

    double max_lag_s_;
    double backlog_s_ = 0.0;
    bool skipping_ = false;
};

} // namespace prunedamr::stream
