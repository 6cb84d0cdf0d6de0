// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/front_end.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/stream/block_summary.h"
#include "prunedamr/stream/decision_accumulator.h"

#include <vector>

namespace prunedamr::stream {

/// Makes one decision of any number of blocks: front end, squelch, engine in micro-batches, accumulator.
/// Front end and engine keep no state between calls, so several of these may share them on one thread.
class BlockClassifier
{
public:
    BlockClassifier(dsp::FrontEnd& front_end, engine::Engine& engine, DecisionAccumulator accumulator,
                    double squelch_dbfs);

    /// `count` samples, at most a block of the front end.
    void add(const std::complex<float>* samples, int count) noexcept;

    /// Writes the decision on all blocks since the last one, and starts anew; returns the frames classified.
    /// `least_signal`: over all noise received, below which it is noise whatever the network says.
    std::uint64_t decide(LabelEvent& event, double least_signal = 0.0) noexcept;

    std::size_t previous_label() const noexcept
    {
        return accumulator_.previous_label();
    } ///< as in `DecisionAccumulator`
    void set_previous_label(std::size_t label) noexcept { accumulator_.set_previous_label(label); }

private:
    void run_pending() noexcept;

    dsp::FrontEnd& front_end_;
    engine::Engine& engine_;
    DecisionAccumulator accumulator_;
    BlockSummary summary_;
    double squelch_dbfs_;
    std::size_t frame_floats_;
    int pending_ = 0; ///< frames that wait for a batch to fill
    std::vector<float> frames_;
    std::vector<float> logits_;
};

} // namespace prunedamr::stream
