// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/track_channel.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::stream {
namespace {

constexpr double kTransformS = 0.006, kDwellS = 0.04;
constexpr int kLeastNfft = 256, kMostNfft = 16384, kLeastSegments = 16;

constexpr double kMiddle = 0.25; ///< of a band: a line so near its middle is its carrier
constexpr std::size_t kMostPieces = 64;
constexpr double kMostShare =
    0.6; ///< of a channel's bins that the band may fill: its inner three quarters are passed

} // namespace

SurveyPlan plan_survey(double sample_rate_hz, std::uint64_t interval_samples)
{
    SurveyPlan plan;
    for (plan.nfft = kLeastNfft; plan.nfft < kMostNfft && 2 * plan.nfft <= kTransformS * sample_rate_hz;)
        plan.nfft *= 2;
    const double hops = std::max(1.0, std::ceil(static_cast<double>(interval_samples) / plan.hop()));
    const double dwells =
        std::min(std::round(hops * plan.hop() / (kDwellS * sample_rate_hz)), hops / kLeastSegments);
    plan.dwells_per_interval = static_cast<std::uint64_t>(std::max(1.0, std::floor(dwells)));
    plan.segments_per_dwell = std::max(
        interval_samples == 0 ? static_cast<int>(std::ceil(kDwellS * sample_rate_hz / plan.hop())) : kLeastSegments,
        static_cast<int>(std::ceil(hops / static_cast<double>(plan.dwells_per_interval))));
    plan.segments_per_dwell = std::max(kLeastSegments, plan.segments_per_dwell);
    return plan;
}

TrackChannel::TrackChannel(int nfft, int most_samples)
    : nfft_(nfft), most_samples_(most_samples), weights_(static_cast<std::size_t>(nfft)),
      samples_(static_cast<std::size_t>(most_samples + nfft / 2))
{
    ends_.reserve(kMostPieces);
}

void TrackChannel::clear() noexcept
{
    dwells_ = 0;
    count_ = 0;
    power_ = noise_ = 0.0;
    ends_.clear();
}

void TrackChannel::open(const dsp::Track& track, double occupied_fraction, const dsp::ChannelBank& bank) noexcept
{
    length_ = bank.length_for(track.width() / std::min(occupied_fraction, kMostShare));
    const int last = nfft_ / 2 - 1;
    middle_ = std::clamp(static_cast<int>(std::lround(track.center() - 0.5)) - nfft_ / 2, -nfft_ / 2, last);
}

/// The weights of this dwell: beyond the middle of the gap to another signal nothing passes that is above the
/// noise.
void TrackChannel::shape(const Dwell& dwell, const dsp::Track& track, const dsp::ChannelBank& bank) noexcept
{
    bank.write_weights(length_, weights_.data());
    int low = 0, high = nfft_;
    for (int i = 0; i < dwell.bands.count(); ++i) {
        const dsp::OccupiedBins& other = dwell.bands.bands()[i];
        if (other.end <= track.now.begin)
            low = std::max(low, (other.end + track.now.begin) / 2);
        else if (other.begin >= track.now.end)
            high = std::min(high, (other.begin + track.now.end) / 2);
    }
    const int first = middle_ + nfft_ / 2 - length_ / 2;
    for (int i = 0; i < length_; ++i) {
        const int bin = (first + i + nfft_) % nfft_;
        const float floor = dwell.bands.floor()[bin], density = dwell.bands.smooth()[bin];
        if ((bin < low || bin >= high) && density > floor)
            weights_[i] *= std::sqrt(floor / density);
    }
    const int zero = (nfft_ / 2 - first + nfft_) % nfft_;
    const bool in_middle = std::abs(track.center() - 0.5 * nfft_) < kMiddle * track.width();
    if (dwell.has_line_at_zero && !in_middle && zero < length_)
        weights_[zero] = 0.0f;
}

void TrackChannel::add(const Dwell& dwell, const dsp::Track& track, double occupied_fraction, dsp::ChannelBank& bank,
                       int allowed, int block_length) noexcept
{
    if (is_empty())
        open(track, occupied_fraction, bank);
    ++dwells_;
    power_ += static_cast<double>(track.now.power);
    noise_ += static_cast<double>(track.now.noise);
    const int per_segment = length_ / 2, available = dwell.segments * per_segment;
    const int room = std::min(allowed, most_samples_) - count_;
    int taken = available;
    if (available > room)
        taken = std::max(0, room / block_length * block_length);
    if (taken == 0 || ends_.size() + 1 >= kMostPieces)
        return end_piece();
    shape(dwell, track, bank);
    for (int s = 0; s * per_segment < taken; ++s)
        bank.run(dwell.transformed + static_cast<std::ptrdiff_t>(s) * nfft_, middle_,
                 (dwell.first_segment + static_cast<std::uint64_t>(s)) % 2 != 0, weights_.data(), length_,
                 samples_.data() + count_ + s * per_segment);
    count_ += taken;
    if (taken < available)
        end_piece();
}

void TrackChannel::end_piece() noexcept
{
    if (count_ > (ends_.empty() ? 0 : ends_.back()))
        ends_.push_back(count_);
}

float TrackChannel::snr_db() const noexcept
{
    return static_cast<float>(10.0 * std::log10(power_ / noise_));
}

} // namespace prunedamr::stream
