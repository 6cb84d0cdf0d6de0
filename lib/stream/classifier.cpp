// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/classifier.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/burst_segmenter.h"
#include "prunedamr/stream/lag_account.h"
#include "prunedamr/stream/model_slot.h"
#include "prunedamr/stream/sample_clock.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

namespace prunedamr::stream {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) noexcept
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Counters have one writer, the thread that calls `process`; a plain add would need a locked instruction.
template <typename T> void add(std::atomic<T>& counter, T amount) noexcept
{
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

ClassifierConfig checked(ClassifierConfig config)
{
    check(config);
    return config;
}

Model compiled(const graph::Network& network, const ClassifierConfig& config)
{
    check(config);
    engine::EngineConfig engine_config;
    engine_config.max_batch = config.max_batch;
    return { network, engine::Engine(network, engine_config) };
}

} // namespace

struct Classifier::Impl {
    Impl(Model wanted, ClassifierConfig wanted_config, EventHandler event_handler);

    void take_next_model() noexcept;
    ModelChain& chain() noexcept { return slot.current(); }
    void begin_interval() noexcept;
    void consume(const std::complex<float>* samples, std::size_t count) noexcept;
    void cut() noexcept;
    bool is_long_enough() const noexcept;
    std::uint64_t add_rest() noexcept;
    void process(const std::complex<float>* samples, std::size_t count) noexcept;
    void on_full_block(const std::complex<float>* samples) noexcept;
    void skip_block() noexcept;
    void classify_block(const std::complex<float>* samples, int count) noexcept;
    void end_interval(std::uint64_t analysed) noexcept;
    void flush() noexcept;
    bool classify_burst(const std::complex<float>* samples, std::size_t count, LabelEvent& event) noexcept;
    LabelEvent new_event() noexcept;

    const ClassifierConfig config;
    EventHandler handler;
    std::function<void(std::uint64_t, std::uint64_t)> block_handler;
    ModelSlot slot;
    std::optional<BurstSegmenter> segmenter;
    SampleClock clock;
    LagAccount lag;

    int buffered = 0;                 ///< samples of a block that is not yet full
    std::uint64_t blocks = 0;         ///< of this interval, skipped ones too
    std::uint64_t interval_start = 0; ///< sample index
    double tuned_hz = 0.0;            ///< of this interval
    std::int64_t interval_time_ns = 0;
    TimeSource interval_time_source = TimeSource::system;
    std::uint64_t next_seq = 0;
    std::uint64_t burst_samples = 0;

    std::atomic<double> wanted_tuned_hz;
    std::atomic<std::uint64_t> overflows{ 0 }, samples_in{ 0 }, frames{ 0 }, dropped_frames{ 0 }, events{ 0 },
        swaps{ 0 };
    std::atomic<double> busy_s{ 0.0 };
};

Classifier::Impl::Impl(Model wanted, ClassifierConfig wanted_config, EventHandler event_handler)
    : config(checked(std::move(wanted_config))), handler(std::move(event_handler)),
      slot(std::make_unique<ModelChain>(std::move(wanted), config)), clock(config.sample_rate_hz),
      lag(config.max_lag_s), wanted_tuned_hz(config.center_freq_hz)
{
    PRUNEDAMR_CHECK(handler, "a classifier needs an event handler");
    if (config.bursts)
        segmenter.emplace(interval_samples(config.burst_gap_s, config.sample_rate_hz), config.burst_margin_db);
}

/// Between two intervals, when no sample is under way.
void Classifier::Impl::take_next_model() noexcept
{
    if (blocks == 0 && buffered == 0 && slot.take())
        add<std::uint64_t>(swaps, 1);
}

/// What an interval takes from its first sample: a later jump of the clock or a retune is the next interval's.
void Classifier::Impl::begin_interval() noexcept
{
    tuned_hz = wanted_tuned_hz.load(std::memory_order_relaxed);
    interval_time_ns = clock.time_ns(interval_start);
    interval_time_source = clock.source();
}

void Classifier::Impl::process(const std::complex<float>* samples, std::size_t count) noexcept
{
    const auto start = Clock::now();
    if (!clock.is_set())
        clock.set(0, SampleClock::system_time_ns(), TimeSource::system);
    add<std::uint64_t>(samples_in, count);
    if (segmenter)
        segmenter->process(
            samples, count, [this](const std::complex<float>* x, std::size_t n) { consume(x, n); },
            [this] { cut(); });
    else
        consume(samples, count);
    add(busy_s, seconds_since(start));
}

/// Between a gap and a burst. A gap too short for the front end becomes part of its burst.
void Classifier::Impl::cut() noexcept
{
    const bool after_gap = segmenter->in_burst();
    if (after_gap && blocks == 0 && buffered < chain().front_end.min_samples())
        return;
    if (const std::uint64_t analysed = add_rest())
        end_interval(analysed);
}

void Classifier::Impl::consume(const std::complex<float>* samples, std::size_t count) noexcept
{
    while (count > 0) {
        take_next_model();
        if (blocks == 0 && buffered == 0)
            begin_interval();
        const int block_length = chain().block_length;
        const auto room = static_cast<std::size_t>(block_length - buffered);
        const std::size_t taken = std::min(room, count);
        if (taken == static_cast<std::size_t>(block_length)) {
            on_full_block(samples); // a whole block is there: no copy
        } else {
            std::copy_n(samples, taken, chain().buffer.data() + buffered);
            buffered += static_cast<int>(taken);
            if (buffered == block_length) {
                buffered = 0;
                on_full_block(chain().buffer.data());
            }
        }
        samples += taken;
        count -= taken;
    }
}

bool Classifier::Impl::is_long_enough() const noexcept
{
    const ModelChain& now = slot.current();
    return blocks >= (segmenter && segmenter->in_burst() ? now.blocks_per_burst : now.blocks_per_interval);
}

/// Classifies what is left of the interval, if that is long enough to be; returns how many samples the interval
/// has.
std::uint64_t Classifier::Impl::add_rest() noexcept
{
    const std::uint64_t all =
        blocks * static_cast<std::uint64_t>(chain().block_length) + static_cast<std::uint64_t>(buffered);
    if (buffered >= chain().front_end.min_samples())
        classify_block(chain().buffer.data(), buffered);
    buffered = 0;
    return all;
}

void Classifier::Impl::on_full_block(const std::complex<float>* samples) noexcept
{
    const auto start = Clock::now();
    const bool skip = config.live && lag.must_skip();
    if (skip)
        skip_block();
    else
        classify_block(samples, chain().block_length);
    const double block_s = chain().block_s;
    ++blocks;
    if (is_long_enough())
        end_interval(blocks * static_cast<std::uint64_t>(chain().block_length));
    if (!skip)
        lag.worked(seconds_since(start), block_s);
}

void Classifier::Impl::skip_block() noexcept
{
    add<std::uint64_t>(dropped_frames, std::max(1, chain().front_end.max_frames()));
    lag.skipped(chain().block_s);
}

void Classifier::Impl::classify_block(const std::complex<float>* samples, int count) noexcept
{
    if (block_handler)
        block_handler(interval_start + blocks * static_cast<std::uint64_t>(chain().block_length),
                      static_cast<std::uint64_t>(count));
    chain().stream.add(samples, count);
}

/// The fields that every event shares; its decision follows.
LabelEvent Classifier::Impl::new_event() noexcept
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

void Classifier::Impl::end_interval(std::uint64_t analysed) noexcept
{
    LabelEvent event = new_event();
    event.time_ns = interval_time_ns;
    event.time_source = interval_time_source;
    event.sample_start = interval_start;
    event.sample_count = analysed;
    event.center_freq_hz = tuned_hz;
    add(frames, chain().stream.decide(event));
    blocks = 0;
    interval_start += analysed;
    handler(event);
}

void Classifier::Impl::flush() noexcept
{
    const auto start = Clock::now();
    if (segmenter)
        segmenter->flush([this](const std::complex<float>* x, std::size_t n) { consume(x, n); });
    const bool usable = buffered >= chain().front_end.min_samples(); // else it is left out of the last event
    const std::uint64_t rest = static_cast<std::uint64_t>(buffered);
    const std::uint64_t all = add_rest();
    if (const std::uint64_t analysed = usable ? all : all - rest)
        end_interval(analysed);
    interval_start = samples_in.load(std::memory_order_relaxed);
    add(busy_s, seconds_since(start));
}

bool Classifier::Impl::classify_burst(const std::complex<float>* samples, std::size_t count,
                                      LabelEvent& event) noexcept
{
    const auto start = Clock::now();
    take_next_model();
    const auto min_samples = static_cast<std::size_t>(chain().front_end.min_samples());
    if (count < min_samples)
        return false;
    event = new_event();
    event.time_ns = SampleClock::system_time_ns();
    event.sample_start = burst_samples;
    event.sample_count = count;
    event.center_freq_hz = wanted_tuned_hz.load(std::memory_order_relaxed);
    burst_samples += count;
    for (std::size_t done = 0; count - done >= min_samples;) {
        const std::size_t taken = std::min(count - done, static_cast<std::size_t>(chain().block_length));
        chain().burst.add(samples + done, static_cast<int>(taken));
        done += taken;
    }
    add(frames, chain().burst.decide(event));
    add(busy_s, seconds_since(start));
    return true;
}

Classifier::Classifier(const graph::Network& network, ClassifierConfig config, EventHandler handler)
    : Classifier(compiled(network, config), config, std::move(handler))
{
}

Classifier::Classifier(Model model, ClassifierConfig config, EventHandler handler)
    : impl_(std::make_unique<Impl>(std::move(model), std::move(config), std::move(handler)))
{
}

Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

void Classifier::process(const std::complex<float>* samples, std::size_t count) noexcept
{
    impl_->process(samples, count);
}

void Classifier::flush() noexcept
{
    impl_->flush();
}

void Classifier::set_time(std::uint64_t sample_index, std::int64_t time_ns, TimeSource source) noexcept
{
    impl_->clock.set(sample_index, time_ns, source);
}

void Classifier::set_center_freq_hz(double center_freq_hz) noexcept
{
    impl_->wanted_tuned_hz.store(center_freq_hz, std::memory_order_relaxed);
}

void Classifier::count_overflow() noexcept
{
    impl_->overflows.fetch_add(1, std::memory_order_relaxed);
}

bool Classifier::classify_burst(const std::complex<float>* samples, std::size_t count, LabelEvent& event) noexcept
{
    return impl_->classify_burst(samples, count, event);
}

ClassifierStats Classifier::stats() const noexcept
{
    ClassifierStats stats;
    stats.samples = impl_->samples_in.load(std::memory_order_relaxed);
    stats.frames = impl_->frames.load(std::memory_order_relaxed);
    stats.dropped_frames = impl_->dropped_frames.load(std::memory_order_relaxed);
    stats.events = impl_->events.load(std::memory_order_relaxed);
    stats.swaps = impl_->swaps.load(std::memory_order_relaxed);
    stats.busy_s = impl_->busy_s.load(std::memory_order_relaxed);
    return stats;
}

void Classifier::swap(Model next)
{
    impl_->slot.offer(std::make_unique<ModelChain>(std::move(next), impl_->config));
}

bool Classifier::swap_back()
{
    return impl_->slot.offer_previous();
}

std::string Classifier::description() const
{
    const Model& model = impl_->chain().model;
    return model.facts.name + ": " + model.engine.description() + ", " + std::to_string(model.engine.max_batch()) +
           " frames per call";
}

const graph::Network& Classifier::network() const
{
    return impl_->chain().model.facts;
}

void Classifier::on_block(std::function<void(std::uint64_t, std::uint64_t)> handler)
{
    impl_->block_handler = std::move(handler);
}

} // namespace prunedamr::stream
