// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/burst_segmenter.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::stream {
namespace {

constexpr double kFollow = 0.05;        ///< share of the way to its power that the floor goes in a quiet window ...
constexpr double kFollowWindow = 400.0; ///< ... of so many samples or more, in shorter ones less,
constexpr double kFall = 0.5;           ///< and in one far below it: it must find the bottom between two bursts
constexpr double kFarBelow = 0.4;       ///< of the floor; by chance a window of noise is hardly ever
constexpr double kLeastPower = 1e-20;
constexpr std::size_t kLeastWindow = 16; ///< the power of fewer samples says too little
constexpr std::size_t kMostWindows = 16;

} // namespace

BurstSegmenter::BurstSegmenter(std::size_t gap_samples, double margin_db)
    : window_(std::max(kLeastWindow, (gap_samples + kMostWindows - 1) / kMostWindows)),
      windows_(std::max(1, static_cast<int>(gap_samples / window_))),
      follow_(kFollow * std::min(1.0, static_cast<double>(window_) / kFollowWindow)),
      on_(std::pow(10.0, margin_db / 10)), off_(std::pow(10.0, margin_db / 20)), held_((kMostWindows + 2) * window_)
{
}

std::size_t BurstSegmenter::add(const std::complex<float>* samples, std::size_t count) noexcept
{
    const std::size_t taken = std::min(count, window_ - filled_);
    std::copy_n(samples, taken, held_.data() + held_count_);
    held_count_ += taken;
    filled_ += taken;
    return taken;
}

bool BurstSegmenter::is_loud() noexcept
{
    const std::complex<float>* first = held_.data() + held_count_ - window_;
    double sum = 0.0;
    for (std::size_t i = 0; i < window_; ++i)
        sum += static_cast<double>(std::norm(first[i]));
    const double power = std::max(sum / static_cast<double>(window_), kLeastPower);
    if (floor_ < 0.0)
        floor_ = power;
    const bool loud = power > floor_ * (in_burst_ ? off_ : on_);
    if (!loud)
        floor_ += (power < kFarBelow * floor_ ? kFall : follow_) * (power - floor_);
    return loud;
}

void BurstSegmenter::keep_from(std::size_t first) noexcept
{
    std::copy(held_.data() + first, held_.data() + held_count_, held_.data());
    held_count_ -= first;
}

} // namespace prunedamr::stream
