// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/emission_samples.h"

#include <cmath>

namespace prunedamr::stream {
namespace {

constexpr double kEdge = 0.75;       ///< of the band's width, from its middle to the filter's edge
constexpr double kTransition = 0.35; ///< of the band's width,
constexpr double kSteepest = 0.1;    ///< and beside a neighbor
constexpr double kMostFraction = 0.6; ///< of the rate that a band may fill: neighbors would be folded into it
constexpr double kMuchLonger = 4.0;  ///< part: it shows the band better than the first one did

std::uint64_t ceil_divide(std::uint64_t a, std::uint64_t b) noexcept
{
    return (a + b - 1) / b;
}

} // namespace

void EmissionSamples::clear(std::uint64_t start) noexcept
{
    start_ = end_ = start;
    weight_ = low_ = high_ = density_ = 0.0;
    count_ = 0;
    next_ = 0;
    ends_.clear();
}

void EmissionSamples::add(const EmissionPart& part) noexcept
{
    const double weight = std::max(1.0, static_cast<double>(part.end - part.start));
    weight_ += weight;
    low_ += weight * part.low;
    high_ += weight * part.high;
    density_ += weight * part.density;
    end_ = part.end;
}

float EmissionSamples::snr_db() const noexcept
{
    return static_cast<float>(10.0 * std::log10(density_ / weight_));
}

double EmissionSamples::passband() const noexcept
{
    const double half = std::min(band_.center - band_.low, band_.high - band_.center) - 0.5 * band_.transition;
    return std::clamp(2.0 * half * band_.decimation, 0.0, 1.0);
}

/// The rate and the filter, which stay as they are until the next decision.
void EmissionSamples::open(const EmissionPart& part, const Cut& how) noexcept
{
    const double width = part.width(), center = part.center();
    const double wanted = width / std::min(how.occupied_fraction, kMostFraction),
                 needed = how.least_samples / static_cast<double>(part.end - part.start);
    band_.center = center;
    band_.low = std::max(center - kEdge * width, 0.5 * (part.limit_low + part.low));
    band_.high = std::min(center + kEdge * width, 0.5 * (part.limit_high + part.high));
    band_.decimation = dsp::BandExtractor::decimation_for(std::max(wanted, needed));
    const double beside = 2.0 * std::min(part.low - band_.low, band_.high - part.high);
    band_.transition = std::clamp(beside, kSteepest * width, kTransition * width);
    cut_weight_ = static_cast<double>(part.end - part.start);
}

void EmissionSamples::cut(const EmissionPart& part, const Cut& how, const dsp::StreamWindow& stream,
                          dsp::BandExtractor& extractor) noexcept
{
    if (count_ > 0 && static_cast<double>(part.end - part.start) > kMuchLonger * cut_weight_) {
        count_ = 0;
        next_ = 0;
        ends_.clear();
    }
    if (count_ == 0)
        open(part, how);
    const auto step = static_cast<std::uint64_t>(band_.decimation), reach = dsp::BandExtractor::reach(band_);
    const std::uint64_t last = stream.origin + stream.count;
    const bool joins = next_ > 0 && next_ * step >= stream.origin + std::min(reach, next_ * step);
    const std::uint64_t first = joins ? next_ : ceil_divide(part.start, step);
    std::uint64_t end = ceil_divide(part.end, step);
    if (how.goes_on)
        end = std::min(end, last > reach ? (last - reach) / step : 0);
    if (!joins && count_ > (ends_.empty() ? 0 : ends_.back())) {
        if (ends_.size() == kMostPieces - 1)
            return;
        ends_.push_back(count_);
    }
    const int room = std::min(how.most_samples, kMostSamples - count_);
    const auto wanted = static_cast<std::int64_t>(end) - static_cast<std::int64_t>(first);
    const auto taken = static_cast<int>(std::clamp<std::int64_t>(wanted, 0, room));
    extractor.run(band_, stream, first, taken, samples_.data() + count_);
    count_ += taken;
    next_ = wanted > room ? 0 : first + static_cast<std::uint64_t>(std::max(taken, 0));
}

} // namespace prunedamr::stream
