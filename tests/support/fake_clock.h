// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/clock.h"

#include <atomic>

namespace prunedamr::test {

/// Time stands still until a test moves it on, from any thread. Both clocks begin at 1e18 ns (September 2001).
class FakeClock final : public stream::Clock
{
public:
    void advance_s(double seconds) noexcept { now_ns_ += static_cast<std::int64_t>(1e9 * seconds); }
    std::int64_t steady_ns() const noexcept override { return now_ns_; }
    std::int64_t system_ns() const noexcept override { return now_ns_; }

private:
    std::atomic<std::int64_t> now_ns_{ 1'000'000'000'000'000'000 };
};

} // namespace prunedamr::test
