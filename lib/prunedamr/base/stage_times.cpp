// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/stage_times.h"

#include <atomic>
#include <ctime>

namespace prunedamr {
namespace {

constexpr int kNone = -1, kIdle = -2; ///< no stage; nothing is measured

std::atomic<bool> measuring{ false };
std::array<std::atomic<std::uint64_t>, kStages> totals{};

thread_local int present = kNone; ///< stage of this thread
thread_local std::uint64_t since = 0;

std::uint64_t thread_ns() noexcept
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(time.tv_nsec);
}

/// The time up to now goes to the stage so far.
void turn_to(int stage) noexcept
{
    const std::uint64_t now = thread_ns();
    if (present >= 0)
        totals[static_cast<std::size_t>(present)].fetch_add(now - since, std::memory_order_relaxed);
    present = stage;
    since = now;
}

} // namespace

const char* description(Stage stage) noexcept
{
    switch (stage) {
    case Stage::read:
        return "read and convert samples";
    case Stage::condition:
        return "shift, filter, resample";
    case Stage::stream:
        return "carry blocks, decide, track";
    case Stage::detect:
        return "search the band";
    case Stage::extract:
        return "cut emissions out";
    case Stage::front_end:
        return "front end: frames";
    case Stage::network:
        return "network";
    case Stage::measure:
        return "measure signals";
    case Stage::write:
        return "write events";
    }
    return "";
}

void measure_stages() noexcept
{
    measuring.store(true);
}

std::array<std::uint64_t, kStages> stage_times() noexcept
{
    std::array<std::uint64_t, kStages> times{};
    for (std::size_t i = 0; i < times.size(); ++i)
        times[i] = totals[i].load(std::memory_order_relaxed);
    return times;
}

StageTimer::StageTimer(Stage stage) noexcept : outer_(kIdle)
{
    if (!measuring.load(std::memory_order_relaxed))
        return;
    outer_ = present;
    turn_to(static_cast<int>(stage));
}

StageTimer::~StageTimer()
{
    if (outer_ != kIdle)
        turn_to(outer_);
}

} // namespace prunedamr
