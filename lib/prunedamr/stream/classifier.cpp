// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/classifier.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/burst_segmenter.h"
#include "prunedamr/stream/live_core.h"

#include <algorithm>

namespace prunedamr::stream {
namespace {

/// Of a gap between bursts: who finds bursts by their power has no use for lines that lie below the noise.
constexpr double kLeastSignalInGap = 1.0;

Model compiled(const graph::Network& network, const ClassifierConfig& config)
{
    check(config);
    engine::EngineConfig engine_config;
    engine_config.max_batch = config.max_batch;
    return { network, engine::Engine(network, engine_config) };
}

} // namespace

struct Classifier::Impl : Core {
    Impl(Model wanted, ClassifierConfig wanted_config, EventHandler event_handler);

    bool is_in_gap() const noexcept { return segmenter && !segmenter->in_burst(); }
    bool is_between_intervals() const noexcept { return blocks == 0 && buffered == 0; }
    void consume(const std::complex<float>* samples, std::size_t count) noexcept;
    void cut() noexcept;
    bool is_long_enough() const noexcept;
    std::uint64_t add_rest() noexcept;
    void process(const std::complex<float>* samples, std::size_t count) noexcept;
    void on_full_block(const std::complex<float>* samples) noexcept;
    void skip_block() noexcept;
    void classify_block(const std::complex<float>* samples, int count) noexcept;
    void end_interval(std::uint64_t analysed, bool is_gap) noexcept;
    void flush() noexcept;
    bool classify_burst(const std::complex<float>* samples, std::size_t count, LabelEvent& event) noexcept;

    std::function<void(std::uint64_t, std::uint64_t)> block_handler;
    std::optional<BurstSegmenter> segmenter;

    int buffered = 0;         ///< samples of a block that is not yet full
    std::uint64_t blocks = 0; ///< of this interval, skipped ones too
    std::uint64_t burst_samples = 0;
};

Classifier::Impl::Impl(Model wanted, ClassifierConfig wanted_config, EventHandler event_handler)
    : Core(std::move(wanted), std::move(wanted_config), std::move(event_handler))
{
    if (config.bursts)
        segmenter.emplace(interval_samples(config.burst_gap_s, config.sample_rate_hz), config.burst_margin_db);
}

void Classifier::Impl::process(const std::complex<float>* samples, std::size_t count) noexcept
{
    const auto start = Clock::now();
    arrived(count);
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
        end_interval(analysed, after_gap);
}

void Classifier::Impl::consume(const std::complex<float>* samples, std::size_t count) noexcept
{
    while (count > 0) {
        if (is_between_intervals()) {
            take_next_model();
            begin_interval();
        }
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
    return blocks >= (segmenter && !is_in_gap() ? now.blocks_per_burst : now.blocks_per_interval);
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
        end_interval(blocks * static_cast<std::uint64_t>(chain().block_length), is_in_gap());
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

void Classifier::Impl::end_interval(std::uint64_t analysed, bool is_gap) noexcept
{
    LabelEvent event = interval_event(analysed);
    add(frames, chain().stream.decide(event, is_gap ? kLeastSignalInGap : 0.0));
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
        end_interval(analysed, is_in_gap());
    interval_start = samples_in.load(std::memory_order_relaxed);
    add(busy_s, seconds_since(start));
}

bool Classifier::Impl::classify_burst(const std::complex<float>* samples, std::size_t count,
                                      LabelEvent& event) noexcept
{
    const auto start = Clock::now();
    if (is_between_intervals())
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
    : LiveClassifier(std::make_unique<Impl>(std::move(model), std::move(config), std::move(handler)))
{
}

Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

Classifier::Impl& Classifier::impl() noexcept
{
    return static_cast<Impl&>(*core_);
}

void Classifier::process(const std::complex<float>* samples, std::size_t count) noexcept
{
    impl().process(samples, count);
}

void Classifier::flush() noexcept
{
    impl().flush();
}

bool Classifier::classify_burst(const std::complex<float>* samples, std::size_t count, LabelEvent& event) noexcept
{
    return impl().classify_burst(samples, count, event);
}

void Classifier::on_block(std::function<void(std::uint64_t, std::uint64_t)> handler)
{
    impl().block_handler = std::move(handler);
}

} // namespace prunedamr::stream
