// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/band_tracker.h"
#include "prunedamr/dsp/channelizer.h"

#include <algorithm>
#include <complex>
#include <cstdint>
#include <vector>

namespace prunedamr::stream {

/// Sizes of a survey that follow from the rate and the interval.
struct SurveyPlan {
    int nfft = 0;               ///< bins of 0.1 to 0.3 kHz at rates that allow it
    int segments_per_dwell = 0; ///< half-overlapping transforms, at least 16; some 40 ms
    std::uint64_t dwells_per_interval = 0;

    int hop() const { return nfft / 2; }
};

/// An interval of 0 samples is one dwell.
SurveyPlan plan_survey(double sample_rate_hz, std::uint64_t interval_samples);

/// The transforms of a dwell and what was found in it.
struct Dwell {
    const std::complex<float>* transformed; ///< [segments, nfft]
    int segments;
    int nfft;
    std::uint64_t first_segment; ///< number of the first one in the stream
    const dsp::BandDetector& bands;
    bool has_line_at_zero = false; ///< which stands still: left out of bands that do not have it in their middle
};

/// What a decision on one track has in an interval: the samples of its channel, in contiguous pieces. The channel,
/// its middle and its rate, stays as it is for the whole interval. Allocates at construction only.
class TrackChannel
{
public:
    TrackChannel(int nfft, int most_samples);
    TrackChannel(TrackChannel&&) noexcept = default; ///< a copy would not have its room

    bool is_empty() const noexcept { return dwells_ == 0; }
    void clear() noexcept;

    /// A dwell in which `track` was seen. The first one makes the channel, of a rate of which the band fills about
    /// `occupied_fraction`. Samples are taken until `allowed` are there: all of the dwell, or none, or a whole number
    /// of blocks of `block_length`.
    void add(const Dwell& dwell, const dsp::Track& track, double occupied_fraction, dsp::ChannelBank& bank,
             int allowed, int block_length) noexcept;
    void end_piece() noexcept; ///< what follows is not contiguous

    /// `block(samples, count)` for all blocks of the pieces, each of up to `block_length` and of at least
    /// `min_samples`.
    template <typename Block> void for_each_block(int block_length, int min_samples, Block block) const noexcept
    {
        int begin = 0;
        for (const int end : ends_) {
            for (; end - begin >= min_samples; begin += std::min(block_length, end - begin))
                block(samples_.data() + begin, std::min(block_length, end - begin));
            begin = end;
        }
    }

    double rate() const noexcept { return static_cast<double>(length_) / nfft_; }   ///< of the input's
    double center() const noexcept { return static_cast<double>(middle_) / nfft_; } ///< cycles per input sample
    float snr_db() const noexcept; ///< in the band, over the dwells

private:
    void open(const dsp::Track& track, double occupied_fraction, const dsp::ChannelBank& bank) noexcept;
    void shape(const Dwell& dwell, const dsp::Track& track, const dsp::ChannelBank& bank) noexcept;

    int nfft_;
    int most_samples_;
    int middle_ = 0; ///< bin, from zero frequency
    int length_ = 0; ///< bins
    int dwells_ = 0;
    double power_ = 0.0, noise_ = 0.0; ///< sums over dwells
    std::vector<float> weights_;
    std::vector<std::complex<float>> samples_;
    int count_ = 0;
    std::vector<int> ends_; ///< of the pieces
};

} // namespace prunedamr::stream
