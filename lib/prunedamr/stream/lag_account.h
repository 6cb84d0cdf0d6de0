// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>

namespace prunedamr::stream {

/// How far processing has fallen behind the sample clock: work adds its time, samples pay theirs, idle time
/// earns no credit. Once the debt exceeds the limit, blocks are to be skipped until a quarter of a second of it is
/// paid.
class LagAccount
{
public:
    explicit LagAccount(double max_lag_s) : max_lag_s_(max_lag_s) {}

    bool must_skip() const noexcept { return skipping_; }

    void worked(double busy_s, double sample_s) noexcept
    {
        debt_s_ = std::max(0.0, debt_s_ + busy_s - sample_s);
        skipping_ = debt_s_ > max_lag_s_;
    }

    void skipped(double sample_s) noexcept
    {
        debt_s_ = std::max(0.0, debt_s_ - sample_s);
        skipping_ = debt_s_ > std::max(0.0, max_lag_s_ - kPaidAtOnceS);
    }

private:
    static constexpr double kPaidAtOnceS = 0.25;

    double max_lag_s_;
    double debt_s_ = 0.0;
    bool skipping_ = false;
};

} // namespace prunedamr::stream
