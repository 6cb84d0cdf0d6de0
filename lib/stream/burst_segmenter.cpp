// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/burst_segmenter.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::stream {
namespace {

constexpr double kRise = 0.05; ///< share of the way that the floor goes up in a quiet window,
constexpr double kFall = 0.5;  ///< and down: it must find the bottom between two bursts
constexpr double kLeastPower = 1e-20;
constexpr std::size_t kLeastWindow = 32; // the power of fewer samples says too little

} // namespace

BurstSegmenter::BurstSegmenter(std::size_t gap_samples, double margin_db)
    : window_(std::max(kLeastWindow, (gap_samples + kWindows - 1) / kWindows)), on_(std::pow(10.0, margin_db / 10)),
      off_(std::pow(10.0, margin_db / 20)), held_((kWindows + 2) * window_)
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
        floor_ += (power < floor_ ? kFall : kRise) * (power - floor_);
    return loud;
}

void BurstSegmenter::keep_from(std::size_t first) noexcept
{
    std::copy(held_.data() + first, held_.data() + held_count_, held_.data());
    held_count_ -= first;
}

} // namespace prunedamr::stream
