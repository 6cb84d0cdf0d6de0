// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/front_end.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/stream/decision_accumulator.h"
#include "prunedamr/stream/sample_check.h"

#include <vector>

namespace prunedamr::stream {

/// Mean power, SNR and band of an interval's blocks.
class BlockSummary
{
public:
    /// `squelched` blocks count for the power only; so does a constant of power `constant`, which the block had
    /// besides.
    void add(const dsp::BlockInfo& info, int samples, bool squelched, double constant = 0.0) noexcept;
    void add(const BlockSummary& other) noexcept;

    bool empty() const noexcept { return samples_ == 0; }

    /// Writes power, SNR, bandwidth, and adds the signal's offset to the event's tuned `center_freq_hz`;
    /// `sample_rate_hz` is already there. Without a signal the band is all that was received.
    void write(LabelEvent& event) const noexcept;
    float power_dbfs() const noexcept; ///< NaN without blocks

private:
    std::uint64_t samples_ = 0;
    double energy_ = 0.0;
    double weight_ = 0.0; ///< energy of the blocks that were not squelched
    double weighted_center_ = 0.0;
    double weighted_bandwidth_ = 0.0;
    double snr_sum_db_ = 0.0;
    int snr_count_ = 0;
};

/// What zero frequency is in the samples of a decision.
enum class ZeroHz {
    tuned, ///< the receiver's own frequency, where its oscillator leaks: a lone line there is no signal
    signal ///< the middle of the signal
};

/// Makes one decision of any number of blocks: front end, squelch, engine in micro-batches, accumulator.
/// Front end and engine keep no state between calls, so several of these may share them on one thread. Of one
/// decision nothing is left in the next but the label that the hysteresis favors.
///
/// The blocks that are as strong as the strongest one and those that are weaker are decided on apart, first: where
/// the weaker ones are noise and the strong ones are not, these decide, so that pauses do not outvote a burst. A
/// constant that the samples have besides a signal elsewhere, or alone, is taken out (`ZeroHz::tuned`).
class BlockClassifier
{
public:
    BlockClassifier(dsp::FrontEnd& front_end, engine::Engine& engine, DecisionAccumulator accumulator,
                    double squelch_dbfs);

    /// `count` finite samples, at most a block of the front end. Zeros at their ends count as silence. Returns the level
    /// of what was found in them [dBFS], `kNoLevel` when that is too weak for the squelch.
    double add(const std::complex<float>* samples, int count, ZeroHz zero) noexcept;
    static constexpr double kNoLevel = -1e9;

    /// Writes the decision on all blocks since the last one, and starts the next one; returns the frames classified.
    std::uint64_t decide(LabelEvent& event) noexcept;

    /// What the last `decide` decided on, and the least level of the blocks that took part in it.
    Proposal proposal() const noexcept { return decided_ ? strong_.decisions.proposal() : Proposal{}; }
    double decided_from_dbfs() const noexcept { return decided_from_dbfs_; }

    void set_min_confidence(double min_confidence) noexcept
    {
        strong_.decisions.set_min_confidence(min_confidence);
        rest_.decisions.set_min_confidence(min_confidence);
    }

    std::size_t previous_label() const noexcept
    {
        return strong_.decisions.previous_label();
    } ///< as in `DecisionAccumulator`
    void set_previous_label(std::size_t label) noexcept { strong_.decisions.set_previous_label(label); }

private:
    /// Blocks that are decided on together.
    struct Group {
        DecisionAccumulator decisions;
        BlockSummary summary;
        void add(const Group& other) noexcept;
        void reset() noexcept; ///< the label that the hysteresis favors stays
    };

    double classify(const std::complex<float>* samples, int count, ZeroHz zero) noexcept;
    dsp::BlockInfo run_front_end(const std::complex<float>* samples, int count, ZeroHz zero,
                                 double& constant) noexcept;
    void run_pending() noexcept;
    bool only_strong_is_signal() noexcept;

    dsp::FrontEnd& front_end_;
    engine::Engine& engine_;
    Group strong_, rest_;
    double strong_dbfs_ = 0.0; ///< of the strongest block
    double squelch_dbfs_;
    bool decided_ = false; ///< by the network, the last time
    double decided_from_dbfs_ = kNoLevel;
    ClippingMeter clipping_;
    int blocks_ = 0, constant_blocks_ = 0; ///< all, and those that had a constant
    std::size_t frame_floats_;
    int pending_ = 0;             ///< frames that wait for a batch to fill,
    bool pending_strong_ = false; ///< all of one group
    std::vector<std::complex<float>> without_constant_;
    std::vector<float> frames_;
    std::vector<float> logits_;
};

} // namespace prunedamr::stream
