// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/block_classifier.h"

#include "prunedamr/dsp/level.h"

#include <algorithm>

namespace prunedamr::stream {

BlockClassifier::BlockClassifier(dsp::FrontEnd& front_end, engine::Engine& engine, DecisionAccumulator accumulator,
                                 double squelch_dbfs)
    : front_end_(front_end), engine_(engine), accumulator_(std::move(accumulator)), squelch_dbfs_(squelch_dbfs),
      frame_floats_(2 * static_cast<std::size_t>(front_end.spec().frame_length)),
      frames_(frame_floats_ * static_cast<std::size_t>(engine.max_batch() - 1 + front_end.max_frames())),
      logits_(static_cast<std::size_t>(engine.max_batch() * engine.classes()))
{
}

void BlockClassifier::add(const std::complex<float>* samples, int count) noexcept
{
    const dsp::BlockInfo info = front_end_.process(samples, count, &frames_[frame_floats_ * pending_]);
    const bool squelched = info.power_dbfs < squelch_dbfs_ || info.power_dbfs <= dsp::kSilenceDbfs;
    summary_.add(info, count, squelched);
    if (squelched)
        return;
    pending_ += info.frames;
    if (pending_ >= engine_.max_batch())
        run_pending();
}

void BlockClassifier::run_pending() noexcept
{
    for (int first = 0; first < pending_; first += engine_.max_batch()) {
        const int batch = std::min(engine_.max_batch(), pending_ - first);
        engine_.run(&frames_[frame_floats_ * first], batch, logits_.data());
        accumulator_.add(logits_.data(), batch);
    }
    pending_ = 0;
}

std::uint64_t BlockClassifier::decide(LabelEvent& event, double least_signal) noexcept
{
    run_pending();
    const std::uint64_t frames = accumulator_.frames();
    accumulator_.decide(event); // without frames too: it forgets the last label
    const bool weak = summary_.signal_over_noise() < least_signal;
    if (weak)
        summary_.forget_signal();
    if (weak || (frames == 0 && !summary_.empty()))
        decide_noise(event);
    summary_.write(event);
    accumulator_.reset();
    summary_ = {};
    return frames;
}

} // namespace prunedamr::stream
