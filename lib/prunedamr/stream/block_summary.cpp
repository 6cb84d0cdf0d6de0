// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/block_summary.h"

#include <cmath>
#include <limits>

namespace prunedamr::stream {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

} // namespace

void BlockSummary::add(const dsp::BlockInfo& info, int samples, bool squelched) noexcept
{
    const double energy = std::pow(10.0, 0.1 * info.power_dbfs) * samples;
    samples_ += static_cast<std::uint64_t>(samples);
    energy_ += energy;
    if (squelched)
        return;
    weight_ += energy;
    weighted_center_ += energy * info.center;
    weighted_bandwidth_ += energy * info.bandwidth;
    if (std::isfinite(info.snr_db)) {
        snr_sum_db_ += info.snr_db;
        over_noise_ += std::pow(10.0, 0.1 * info.snr_db) * info.bandwidth;
        ++snr_count_;
    }
}

double BlockSummary::signal_over_noise() const noexcept
{
    return snr_count_ ? over_noise_ / snr_count_ : std::numeric_limits<double>::quiet_NaN();
}

void BlockSummary::forget_signal() noexcept
{
    weight_ = 0.0;
    snr_count_ = 0;
}

void BlockSummary::write(LabelEvent& event) const noexcept
{
    const double mean_power = energy_ / static_cast<double>(samples_);
    event.power_dbfs = samples_ ? static_cast<float>(10.0 * std::log10(mean_power)) : kNaN;
    event.snr_db = snr_count_ ? static_cast<float>(snr_sum_db_ / snr_count_) : kNaN;
    event.bandwidth_hz = event.sample_rate_hz;
    if (weight_ > 0.0) {
        event.center_freq_hz += weighted_center_ / weight_ * event.sample_rate_hz;
        event.bandwidth_hz *= weighted_bandwidth_ / weight_;
    }
}

} // namespace prunedamr::stream
