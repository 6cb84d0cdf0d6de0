// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Where the CPU time of a receiver's threads goes, from sample to event.

#include <array>
#include <cstdint>

namespace prunedamr {

/// Each without those that run within it.
enum class Stage { read, condition, stream, detect, extract, front_end, network, measure, write };
inline constexpr int kStages = 9;

/// What a stage does, in a few words.
const char* description(Stage stage) noexcept;

/// From now on every `StageTimer` of the process counts; before, it costs a comparison.
void measure_stages() noexcept;

/// CPU time of each stage so far, all threads, ns.
std::array<std::uint64_t, kStages> stage_times() noexcept;

/// While it lives, the time of its thread is that of `stage`. Reads the thread's CPU clock at begin and end (a few
/// hundred ns: for blocks, not samples); no lock, no allocation.
class StageTimer
{
public:
    explicit StageTimer(Stage stage) noexcept;
    ~StageTimer();
    StageTimer(const StageTimer&) = delete;
    StageTimer& operator=(const StageTimer&) = delete;

private:
    int outer_; ///< stage around it
};

} // namespace prunedamr
