// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/front_end.h"
#include "prunedamr/stream/label_event.h"

namespace prunedamr::stream {

/// Mean power, SNR and band of an interval's blocks.
class BlockSummary
{
public:
    /// `squelched` blocks count for the power only.
    void add(const dsp::BlockInfo& info, int samples, bool squelched) noexcept;

    bool empty() const noexcept { return samples_ == 0; }

    /// Power of the signals that were found over that of all noise that was received with them; NaN where no block
    /// had an SNR.
    double signal_over_noise() const noexcept;

    /// What was found is no signal.
    void forget_signal() noexcept;

    /// Writes power, SNR, bandwidth, and adds the signal's offset to the event's tuned `center_freq_hz`;
    /// `sample_rate_hz` is already there. Without a signal the band is all that was received.
    void write(LabelEvent& event) const noexcept;

private:
    std::uint64_t samples_ = 0;
    double energy_ = 0.0;
    double weight_ = 0.0; ///< energy of the blocks that were not squelched
    double weighted_center_ = 0.0;
    double weighted_bandwidth_ = 0.0;
    double snr_sum_db_ = 0.0;
    double over_noise_ = 0.0; ///< sum over the same blocks
    int snr_count_ = 0;
};

} // namespace prunedamr::stream
