// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/stream_classifier.h"

#include "prunedamr/stream/stream_state.h"

namespace prunedamr::stream {

StreamClassifier::StreamClassifier(Model model, ClassifierConfig config, EventHandler handler)
    : state_(std::make_unique<StreamState>(std::move(model), std::move(config), std::move(handler)))
{
}

StreamClassifier::~StreamClassifier() = default;
StreamClassifier::StreamClassifier(StreamClassifier&&) noexcept = default;

void StreamClassifier::set_time(std::uint64_t sample_index, std::int64_t time_ns, TimeSource source) noexcept
{
    state_->sample_clock.set(sample_index, time_ns, source);
}

void StreamClassifier::set_center_freq_hz(double center_freq_hz) noexcept
{
    state_->wanted_tuned_hz.store(center_freq_hz, std::memory_order_relaxed);
}

void StreamClassifier::count_overflow() noexcept
{
    state_->overflows.fetch_add(1, std::memory_order_relaxed);
}

void StreamClassifier::set_model(Model next)
{
    state_->slot.set_model(std::make_unique<Pipeline>(std::move(next), state_->config));
}

bool StreamClassifier::revert_model()
{
    return state_->slot.revert_model();
}

ClassifierStats StreamClassifier::stats() const noexcept
{
    ClassifierStats stats;
    stats.samples = state_->samples_in.load(std::memory_order_relaxed);
    stats.frames = state_->frames.load(std::memory_order_relaxed);
    stats.dropped_frames = state_->dropped_frames.load(std::memory_order_relaxed);
    stats.events = state_->events.load(std::memory_order_relaxed);
    stats.swaps = state_->swaps.load(std::memory_order_relaxed);
    stats.busy_s = state_->busy_s.load(std::memory_order_relaxed);
    return stats;
}

std::string StreamClassifier::description() const
{
    const Model& model = state_->pipeline().model;
    return model.info.name + ": " + model.engine.description() + ", " + std::to_string(model.engine.max_batch()) +
           " frames per call";
}

const model::ModelInfo& StreamClassifier::info() const
{
    return state_->pipeline().model.info;
}

} // namespace prunedamr::stream
