// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/clock.h"

#include <chrono>

namespace prunedamr::stream {
namespace {

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

} // namespace prunedamr::stream
