// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/line_track.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr double kLow = 0.6, kHigh = 1.7; // half-power widths kept: narrower than searched, since widths vary

/// -ln of the probability that a sum of `count` exponential values of mean 1 exceeds `sum`.
double surprise(int count, double sum) noexcept
{
    double term = 1.0, total = 1.0; // sum^k / k!, over the largest so far
    double scale = 0.0;
    for (int k = 1; k < count; ++k) {
        term *= sum / k;
        total += term;
        if (total > 1e100) {
            term *= 1e-100;
            total *= 1e-100;
            scale += 100.0 * M_LN10;
        }
    }
    return sum - std::log(total) - scale;
}

} // namespace

LineTrack::LineTrack(int max_samples) : sum_(static_cast<std::size_t>(2 * max_samples)) {}

void LineTrack::clear() noexcept
{
    decisions_ = 0;
}

void LineTrack::add(const LineSpectrum& lines, int samples, double half_width) noexcept
{
    if (decisions_ > 0 && std::fabs(half_width / half_width_ - 1.0) > 0.2)
        clear();
    if (decisions_ == 0) {
        half_width_ = half_width;
        first_ = kLow * half_width;
        step_ = 1.0 / (2.5 * samples);
        cells_ = std::min(static_cast<int>((kHigh - kLow) * half_width / step_) + 1, static_cast<int>(sum_.size()));
        std::fill(sum_.begin(), sum_.begin() + cells_, 0.0f);
    }
    for (int i = 0; i < cells_; ++i) {
        const double at = (first_ + i * step_ - lines.first) / lines.step;
        const int k = static_cast<int>(std::floor(at));
        if (k < 0 || k + 1 >= lines.count) {
            sum_[i] += 1.0f; // not looked at there: as noise
            continue;
        }
        const auto fraction = static_cast<float>(at - k);
        sum_[i] += lines.strength[k] + fraction * (lines.strength[k + 1] - lines.strength[k]);
    }
    ++decisions_;
}

LineTrack::Line LineTrack::best() const noexcept
{
    Line line;
    const double places = std::log(std::max(2.0, 0.5 * cells_));
    for (int i = 1; i + 1 < cells_; ++i) {
        if (sum_[i] < sum_[i - 1] || sum_[i] <= sum_[i + 1])
            continue;
        const double score = surprise(decisions_, sum_[i]) - places + SymbolRate::log_prior((first_ + i * step_) / half_width_);
        if (score <= line.score)
            continue;
        line.score = score;
        line.rate = first_ + (i + parabola(sum_[i - 1], sum_[i], sum_[i + 1])) * step_;
        line.rate_error = step_ / std::sqrt(std::max(1.0, static_cast<double>(sum_[i]) - decisions_));
    }
    return line;
}

} // namespace prunedamr::measure
