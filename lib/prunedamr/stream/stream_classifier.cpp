// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/stream_classifier.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/stream_state.h"

#include <cmath>

namespace prunedamr::stream {
namespace {

/// By which the time of live input may be set back: events then wait for it to go on.
constexpr auto kLargestCorrectionNs = static_cast<std::int64_t>(2e9 * StreamClock::kMaxErrorS);

ClassifierConfig checked(ClassifierConfig config)
{
    check(config);
    return config;
}

} // namespace

StreamState::StreamState(Model model, ClassifierConfig wanted_config, EventHandler event_handler)
    : config(checked(std::move(wanted_config))), clock(config.clock ? *config.clock : real_clock()),
      handler(std::move(event_handler)), slot(std::make_unique<Pipeline>(std::move(model), config)),
      stream_clock(config.sample_rate_hz),
      backlog(config.max_lag_s.value_or(default_max_lag_s(config.sample_rate_hz))),
      idle_since_ns(clock.steady_ns()), wanted_tuned_hz(config.center_freq_hz),
      wanted_min_confidence(config.min_confidence.value_or(std::nan("")))
{
    PRUNEDAMR_CHECK(handler, "a classifier needs an event handler");
}

/// The clock as it is for the next `count` samples, which come now; true where samples are missing before them.
bool StreamState::is_gap_before(std::size_t count, StreamClock& next) const noexcept
{
    const std::uint64_t first = samples_in.load(std::memory_order_relaxed);
    if (config.live)
        return next.on_arrival(first + count, clock.system_ns(), clock.steady_ns() - idle_since_ns);
    if (!next.is_set())
        next.on_stamp(first, clock.system_ns(), TimeSource::system);
    return false;
}

void StreamState::switch_model() noexcept
{
    if (slot.switch_model())
        add<std::uint64_t>(model_switches, 1);
    const double wanted = wanted_min_confidence.load(std::memory_order_relaxed);
    pipeline().set_min_confidence(std::isnan(wanted) ? pipeline().model.info.decision.min_confidence : wanted);
}

/// What an interval takes from its first sample: a later jump of the clock or a retune is the next interval's.
void StreamState::begin_interval(double wanted_hz) noexcept
{
    tuned_hz = wanted_hz;
    visit = wanted_visit.load(std::memory_order_relaxed);
    const std::int64_t before_ns = interval_time_ns, time_ns = stream_clock.time_ns(interval_start);
    const bool corrected = stream_clock.source() == TimeSource::system && time_ns > before_ns - kLargestCorrectionNs;
    interval_time_ns = corrected ? std::max(time_ns, before_ns) : time_ns;
    interval_time_source = stream_clock.source();
}

LabelEvent StreamState::new_event() noexcept
{
    LabelEvent event;
    event.source.assign(config.source);
    event.model.assign(pipeline().model.info.name);
    event.seq = next_seq++;
    event.visit = visit;
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

void StreamState::emit(LabelEvent& event) noexcept
{
    const bool dropped = std::isnan(event.power_dbfs); // all of its blocks, for the input came too fast
    add<std::uint64_t>(unanswered_events, !dropped && event.state == State::unknown && event.top_count == 0);
    doubt_strong_noise(event);
    add<std::uint64_t>(clipped_events, event.clipped > 0.0f);
    handler(event);
}

double StreamState::seconds_since(std::int64_t start_ns) const noexcept
{
    return 1e-9 * static_cast<double>(clock.steady_ns() - start_ns);
}

StreamClassifier::StreamClassifier(Model model, ClassifierConfig config, EventHandler handler)
    : state_(std::make_unique<StreamState>(std::move(model), std::move(config), std::move(handler)))
{
}

StreamClassifier::~StreamClassifier() = default;
StreamClassifier::StreamClassifier(StreamClassifier&&) noexcept = default;

/// Time spent inside counts as work, so that what waits meanwhile is not taken for late.
template <typename Work> void StreamClassifier::work(Work work) noexcept
{
    StreamState& state = *state_;
    const std::int64_t start_ns = state.clock.steady_ns();
    work();
    state.idle_since_ns = state.clock.steady_ns();
    state.add(state.busy_s, 1e-9 * static_cast<double>(state.idle_since_ns - start_ns));
}

void StreamClassifier::process(const std::complex<float>* samples, std::size_t count) noexcept
{
    if (count == 0)
        return;
    work([&] {
        StreamState& state = *state_;
        StreamClock next = state.stream_clock;
        if (state.is_gap_before(count, next)) {
            end_segment(false); // by the time before
            count_overflow();
        }
        state.stream_clock = next;
        state.add<std::uint64_t>(state.samples_in, count);
        state.intake.process(samples, count, [&](const std::complex<float>* x, std::size_t n) { consume(x, n); });
        state.non_finite.store(state.intake.non_finite(), std::memory_order_relaxed);
        state.absurd.store(state.intake.absurd(), std::memory_order_relaxed);
    });
}

void StreamClassifier::cut() noexcept
{
    work([&] { end_segment(false); });
}

void StreamClassifier::flush() noexcept
{
    work([&] { end_segment(true); });
}

void StreamClassifier::set_time(std::uint64_t sample_index, std::int64_t time_ns, TimeSource source) noexcept
{
    state_->stream_clock.on_stamp(sample_index, time_ns, source);
}

void StreamClassifier::set_center_freq_hz(double center_freq_hz) noexcept
{
    state_->wanted_tuned_hz.store(center_freq_hz, std::memory_order_relaxed);
}

void StreamClassifier::set_visit(std::uint64_t visit) noexcept
{
    state_->wanted_visit.store(visit, std::memory_order_relaxed);
}

void StreamClassifier::set_min_confidence(std::optional<double> min_confidence) noexcept
{
    state_->wanted_min_confidence.store(min_confidence.value_or(std::nan("")), std::memory_order_relaxed);
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
    stats.model_switches = state_->model_switches.load(std::memory_order_relaxed);
    stats.clipped_events = state_->clipped_events.load(std::memory_order_relaxed);
    stats.unanswered_events = state_->unanswered_events.load(std::memory_order_relaxed);
    stats.non_finite = state_->non_finite.load(std::memory_order_relaxed);
    stats.absurd = state_->absurd.load(std::memory_order_relaxed);
    stats.busy_s = state_->busy_s.load(std::memory_order_relaxed);
    return stats;
}

std::string StreamClassifier::description() const
{
    return state_->slot.read_current([](const Pipeline& pipeline) {
        const Model& model = pipeline.model;
        return model.info.name + ": " + model.engine.description() + ", " + std::to_string(model.engine.max_batch()) +
               " frames per call";
    });
}

const model::ModelInfo& StreamClassifier::info() const
{
    return state_->pipeline().model.info;
}

} // namespace prunedamr::stream
