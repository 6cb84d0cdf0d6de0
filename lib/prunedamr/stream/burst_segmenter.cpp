// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/burst_segmenter.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::stream {
namespace {

constexpr double kFollow = 0.05;        ///< share of the way to its power that the floor goes in a quiet window ...
constexpr double kFollowWindow = 400.0; ///< ... of so many samples or more, in shorter ones less,
constexpr double kFall = 0.5;           ///< and in one far below it: it must find the bottom between two bursts
constexpr double kFarBelow = 0.4;       ///< of the floor; by chance a window of noise is hardly ever
constexpr std::size_t kLeastWindow = 16; ///< the power of fewer samples says too little
constexpr std::size_t kMostWindows = 16;
constexpr std::size_t kLeastZeros = 16; ///< in a row are none of a weak receiver's noise; in longer windows ...
constexpr std::size_t kZerosShare = 8;  ///< ... the window over this

} // namespace

BurstSegmenter::BurstSegmenter(std::size_t gap_samples, double margin_db, std::size_t longest_samples)
    : window_(std::max(kLeastWindow, (gap_samples + kMostWindows - 1) / kMostWindows)),
      windows_(std::max(1, static_cast<int>(gap_samples / window_))), longest_(longest_samples / window_ + 1),
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

/// Mean over all samples but the longest stretch of zeros; 0 where that is most of the window.
double BurstSegmenter::window_power() const noexcept
{
    const std::complex<float>* first = held_.data() + held_count_ - window_;
    double sum = 0.0;
    std::size_t zeros = 0, longest = 0;
    for (std::size_t i = 0; i < window_; ++i) {
        const double re = first[i].real(), im = first[i].imag(), power = re * re + im * im;
        sum += power;
        zeros = power == 0.0 ? zeros + 1 : 0;
        longest = std::max(longest, zeros);
    }
    if (longest < std::max(kLeastZeros, window_ / kZerosShare))
        longest = 0;
    return 2 * longest > window_ ? 0.0 : sum / static_cast<double>(window_ - longest);
}

BurstSegmenter::Level BurstSegmenter::judge() noexcept
{
    const double power = window_power();
    if (power == 0.0)
        return judge_zeros();
    if (zeros_ >= windows_) {
        floor_before_ = floor_;
        has_contrast_ = false;
        settling_ = 0;
    }
    zeros_ = 0;
    if (!is_loud(power)) {
        steady_.clear();
        return Level::quiet;
    }
    return judge_loud(power);
}

/// What came between two gaps of zeros and was all alike may have been a burst as well as noise: then the floor is
/// known only if it was known before, and is still the same.
BurstSegmenter::Level BurstSegmenter::judge_zeros() noexcept
{
    steady_.clear();
    if (++zeros_ == windows_) {
        const bool same = floor_before_ > 0.0 && floor_ < on_ * floor_before_ && floor_before_ < on_ * floor_;
        if (!has_contrast_ && !same)
            floor_ = kUnknown;
        squelched_ = true;
    }
    return Level::quiet;
}

bool BurstSegmenter::is_loud(double power) noexcept
{
    if (floor_ == kUnknown) {
        const bool fallen = power * on_ < steady_.mean();
        if (squelched_ && !fallen)
            return true;
        floor_ = power;
        settling_ = fallen;
        return false;
    }
    if (power > floor_ * (in_burst_ ? off_ : on_)) {
        has_contrast_ = true;
        return true;
    }
    const bool far_below = power < kFarBelow * floor_;
    floor_ += (far_below ? kFall : follow_) * (power - floor_);
    settling_ = far_below ? 1 : settling_ + (settling_ > 0);
    has_contrast_ = has_contrast_ || settling_ > windows_;
    return false;
}

BurstSegmenter::Level BurstSegmenter::judge_loud(double power) noexcept
{
    if (steady_.is_steady() && power > on_ * steady_.mean()) {
        floor_ = steady_.mean();
        has_contrast_ = true;
        steady_.clear();
        return Level::risen;
    }
    steady_.add(power, on_);
    if (steady_.lasting() < longest_)
        return Level::loud;
    floor_ = steady_.mean();
    steady_.clear();
    return Level::lasting;
}

void BurstSegmenter::Steady::add(double power, double margin) noexcept
{
    powers_[count_++ % kWindows] = power;
    if (count_ < kWindows)
        return;
    const auto [least, most] = std::minmax_element(powers_.begin(), powers_.end());
    lasting_ = *most < margin * *least ? lasting_ + 1 : 0;
}

/// 0 where there are none.
double BurstSegmenter::Steady::mean() const noexcept
{
    const auto used = std::min<std::size_t>(count_, kWindows);
    return used ? std::accumulate(powers_.begin(), powers_.begin() + used, 0.0) / static_cast<double>(used) : 0.0;
}

void BurstSegmenter::keep_from(std::size_t first) noexcept
{
    std::copy(held_.data() + first, held_.data() + held_count_, held_.data());
    held_count_ -= first;
}

} // namespace prunedamr::stream
