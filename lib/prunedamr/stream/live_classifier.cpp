// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/live_classifier.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/live_core.h"

namespace prunedamr::stream {
namespace {

ClassifierConfig checked(ClassifierConfig config)
{
    check(config);
    return config;
}

} // namespace

LiveClassifier::Core::Core(Model model, ClassifierConfig wanted_config, EventHandler event_handler)
    : config(checked(std::move(wanted_config))), handler(std::move(event_handler)),
      slot(std::make_unique<ModelChain>(std::move(model), config)), clock(config.sample_rate_hz),
      lag(config.max_lag_s), wanted_tuned_hz(config.center_freq_hz)
{
    PRUNEDAMR_CHECK(handler, "a classifier needs an event handler");
}

void LiveClassifier::Core::arrived(std::size_t count) noexcept
{
    if (!clock.is_set())
        clock.set(0, SampleClock::system_time_ns(), TimeSource::system);
    add<std::uint64_t>(samples_in, count);
}

void LiveClassifier::Core::take_next_model() noexcept
{
    if (slot.take())
        add<std::uint64_t>(swaps, 1);
}

/// What an interval takes from its first sample: a later jump of the clock or a retune is the next interval's.
void LiveClassifier::Core::begin_interval() noexcept
{
    tuned_hz = wanted_tuned_hz.load(std::memory_order_relaxed);
    interval_time_ns = clock.time_ns(interval_start);
    interval_time_source = clock.source();
}

LabelEvent LiveClassifier::Core::new_event() noexcept
{
    LabelEvent event;
    event.source.assign(config.source);
    event.model.assign(chain().model.facts.name);
    event.seq = next_seq++;
    event.sample_rate_hz = config.sample_rate_hz;
    event.dropped_frames = dropped_frames.load(std::memory_order_relaxed);
    event.overflows = overflows.load(std::memory_order_relaxed);
    add<std::uint64_t>(events, 1);
    return event;
}

LabelEvent LiveClassifier::Core::interval_event(std::uint64_t samples) noexcept
{
    LabelEvent event = new_event();
    event.time_ns = interval_time_ns;
    event.time_source = interval_time_source;
    event.sample_start = interval_start;
    event.sample_count = samples;
    event.center_freq_hz = tuned_hz;
    return event;
}

LiveClassifier::LiveClassifier(std::unique_ptr<Core> core) : core_(std::move(core)) {}
LiveClassifier::~LiveClassifier() = default;
LiveClassifier::LiveClassifier(LiveClassifier&&) noexcept = default;

void LiveClassifier::set_time(std::uint64_t sample_index, std::int64_t time_ns, TimeSource source) noexcept
{
    core_->clock.set(sample_index, time_ns, source);
}

void LiveClassifier::set_center_freq_hz(double center_freq_hz) noexcept
{
    core_->wanted_tuned_hz.store(center_freq_hz, std::memory_order_relaxed);
}

void LiveClassifier::count_overflow() noexcept
{
    core_->overflows.fetch_add(1, std::memory_order_relaxed);
}

void LiveClassifier::swap(Model next)
{
    core_->slot.offer(std::make_unique<ModelChain>(std::move(next), core_->config));
}

bool LiveClassifier::swap_back()
{
    return core_->slot.offer_previous();
}

ClassifierStats LiveClassifier::stats() const noexcept
{
    ClassifierStats stats;
    stats.samples = core_->samples_in.load(std::memory_order_relaxed);
    stats.frames = core_->frames.load(std::memory_order_relaxed);
    stats.dropped_frames = core_->dropped_frames.load(std::memory_order_relaxed);
    stats.events = core_->events.load(std::memory_order_relaxed);
    stats.swaps = core_->swaps.load(std::memory_order_relaxed);
    stats.busy_s = core_->busy_s.load(std::memory_order_relaxed);
    return stats;
}

std::string LiveClassifier::description() const
{
    const Model& model = core_->chain().model;
    return model.facts.name + ": " + model.engine.description() + ", " + std::to_string(model.engine.max_batch()) +
           " frames per call";
}

const graph::Network& LiveClassifier::network() const
{
    return core_->chain().model.facts;
}

} // namespace prunedamr::stream
