// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/stream_state.h"

#include "prunedamr/base/error.h"

namespace prunedamr::stream {
namespace {

ClassifierConfig checked(ClassifierConfig config)
{
    check(config);
    return config;
}

} // namespace

StreamState::StreamState(Model model, ClassifierConfig wanted_config, EventHandler event_handler)
    : config(checked(std::move(wanted_config))), clock(config.clock ? *config.clock : real_clock()),
      handler(std::move(event_handler)), slot(std::make_unique<Pipeline>(std::move(model), config)),
      sample_clock(config.sample_rate_hz),
      backlog(config.max_lag_s.value_or(default_max_lag_s(config.sample_rate_hz))),
      wanted_tuned_hz(config.center_freq_hz)
{
    PRUNEDAMR_CHECK(handler, "a classifier needs an event handler");
}

void StreamState::arrived(std::size_t count) noexcept
{
    if (!sample_clock.is_set())
        sample_clock.set(0, clock.system_ns(), TimeSource::system);
    add<std::uint64_t>(samples_in, count);
}

void StreamState::switch_model() noexcept
{
    if (slot.switch_model())
        add<std::uint64_t>(swaps, 1);
}

/// What an interval takes from its first sample: a later jump of the clock or a retune is the next interval's.
void StreamState::begin_interval() noexcept
{
    tuned_hz = wanted_tuned_hz.load(std::memory_order_relaxed);
    interval_time_ns = sample_clock.time_ns(interval_start);
    interval_time_source = sample_clock.source();
}

LabelEvent StreamState::new_event() noexcept
{
    LabelEvent event;
    event.source.assign(config.source);
    event.model.assign(pipeline().model.info.name);
    event.seq = next_seq++;
    event.sample_rate_hz = config.sample_rate_hz;
    event.dropped_frames = dropped_frames.load(std::memory_order_relaxed);
    event.overflows = overflows.load(std::memory_order_relaxed);
    add<std::uint64_t>(events, 1);
    return event;
}

LabelEvent StreamState::interval_event(std::uint64_t samples) noexcept
{
    LabelEvent event = new_event();
    event.time_ns = interval_time_ns;
    event.time_source = interval_time_source;
    event.sample_start = interval_start;
    event.sample_count = samples;
    event.center_freq_hz = tuned_hz;
    return event;
}

double StreamState::seconds_since(std::int64_t start_ns) const noexcept
{
    return 1e-9 * static_cast<double>(clock.steady_ns() - start_ns);
}

} // namespace prunedamr::stream
