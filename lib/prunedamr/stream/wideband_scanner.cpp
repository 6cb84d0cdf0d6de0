// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/wideband_scanner.h"

#include "prunedamr/detect/detector.h"
#include "prunedamr/stream/emission_tracker.h"
#include "prunedamr/stream/epoch_facts.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/stream_state.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace prunedamr::stream {
namespace {

constexpr std::uint64_t kLookBack = 3 << 17; ///< samples kept of the epoch before, which filters see
constexpr double kFullInterval = 0.9;       ///< of an interval is one: an emission may begin a little late
constexpr double kMiddle = 0.25;            ///< of a band: a line so near its middle is its carrier
constexpr std::uint64_t kSpare = 8;         ///< part of an epoch that the detector may take of the next one
constexpr std::uint64_t kShort = 8;         ///< part of an epoch that is too short to say that nothing is there
constexpr double kFinest = 65536.0, kFinestPerEpoch = 32.0; ///< bins of the detector, or the epoch over this
constexpr float kSureOfBand = 0.5f;         ///< confidence from which a band without a floor is one signal
constexpr int kLeastFrames = 2;             ///< of the shortest kind that a decision is made of
detect::DetectorConfig searched_at(double sample_rate_hz)
{
    detect::DetectorConfig config;
    config.sample_rate_hz = std::clamp(sample_rate_hz, 100.0, 1e9);
    return config;
}

} // namespace

struct WidebandScanner::Impl {
    explicit Impl(StreamState& stream);

    Pipeline& pipeline() const noexcept { return state.pipeline(); }
    std::uint64_t fed() const noexcept { return origin + filled; } ///< samples of the stream, up to here
    std::uint64_t interval_samples() const noexcept { return epochs_per_interval * epoch; }
    void consume(const std::complex<float>* samples, std::size_t count) noexcept;
    void begin_epoch() noexcept;
    void switch_model() noexcept;
    std::size_t take(const std::complex<float>* samples, std::size_t count) noexcept;
    void measure(std::size_t least) noexcept;
    void end_epoch(std::uint64_t end, bool is_cut) noexcept;
    void account(std::uint64_t samples) noexcept;
    void run(EmissionWork& work) noexcept;
    void cut(Emission& emission, const EmissionWork& work) noexcept;
    void decide(Emission& emission, bool has_ended) noexcept;
    void prove(LabelEvent& event, Emission& emission) noexcept;
    void add_band() noexcept;
    void end_interval(std::uint64_t end) noexcept;
    void emit_band(std::uint64_t start, std::uint64_t count, bool is_lost) noexcept;
    void cut_stream() noexcept;
    std::size_t skip(std::size_t count) noexcept;
    void end_skipping() noexcept;
    void restart(std::uint64_t sample) noexcept;

    StreamState& state;
    detect::Detector detector;
    dsp::BandExtractor extractor;
    const double per_hz; ///< cycles per sample, of the detector's hertz
    const std::uint64_t epoch;
    const double finest; ///< cycles per sample, of the detector's finest bins
    const std::uint64_t epochs_per_interval;

    std::vector<std::complex<float>> buffer; ///< some samples before the epoch, it, what is there of the next one
    std::uint64_t origin = 0;                ///< sample at its begin
    std::size_t filled = 0;
    std::uint64_t base = 0;       ///< sample that the detector counts from
    std::uint64_t next_epoch = 0; ///< first sample of the next epoch to begin
    std::uint64_t measured = 0;   ///< samples up to here are in the facts
    EpochFacts facts, next_facts; ///< of the epoch that fills, and of what is there of the next
    std::uint64_t to_skip = 0;
    double busy_s = 0.0;
    std::int64_t busy_since_ns = 0;

    EmissionTracker tracker;
    std::optional<Prover> prover; ///< none: the network decides alone

    IntervalFacts interval;
};

WidebandScanner::Impl::Impl(StreamState& stream)
    : state(stream), detector(searched_at(stream.config.sample_rate_hz)),
      per_hz(1.0 / searched_at(stream.config.sample_rate_hz).sample_rate_hz), epoch(detector.epoch_samples()),
      finest(std::max(1.0 / kFinest, kFinestPerEpoch / static_cast<double>(epoch))),
      epochs_per_interval(std::max<std::uint64_t>(
          1, (sample_count(stream.config.interval_s, stream.config.sample_rate_hz) + epoch - 1) / epoch)),
      buffer(epoch + epoch / kSpare + std::min(kLookBack, epoch)), tracker(epoch, per_hz, stream.config.measure)
{
    if (state.config.measure)
        prover.emplace(state.config.evidence, state.config.decisions);
}

void WidebandScanner::Impl::consume(const std::complex<float>* samples, std::size_t count) noexcept
{
    busy_since_ns = state.clock.steady_ns();
    while (count > 0) {
        if (to_skip == 0 && fed() == next_epoch)
            begin_epoch();
        const std::size_t done = to_skip > 0 ? skip(count) : take(samples, count);
        samples += done;
        count -= done;
    }
    busy_s += state.seconds_since(busy_since_ns);
}

/// What holds from its first sample on. What another frequency was tuned for has ended.
void WidebandScanner::Impl::begin_epoch() noexcept
{
    const bool must_skip = state.must_skip();
    const double wanted_hz = state.wanted_tuned_hz.load(std::memory_order_relaxed);
    const bool is_retuned = wanted_hz != state.tuned_hz;
    if ((must_skip || is_retuned) && fed() > base)
        cut_stream();
    if (is_retuned && state.wanted_visit.load(std::memory_order_relaxed) > 0)
        tracker.leave(state.tuned_hz, wanted_hz);
    else if (is_retuned)
        tracker.forget_interrupted();
    if (fed() == base)
        switch_model();
    state.interval_start = fed();
    state.begin_interval(wanted_hz);
    if (must_skip) {
        to_skip = epoch;
        return;
    }
    SampleClock clock(state.config.sample_rate_hz);
    clock.set(fed(), state.interval_time_ns, state.interval_time_source);
    next_facts = EpochFacts(fed(), state.tuned_hz, clock);
    if (fed() == base)
        facts = next_facts;
    next_epoch = fed() + epoch;
}

void WidebandScanner::Impl::switch_model() noexcept
{
    const Pipeline* before = &pipeline();
    state.switch_model();
    if (before != &pipeline())
        tracker.forget_labels();
}

std::size_t WidebandScanner::Impl::take(const std::complex<float>* samples, std::size_t count) noexcept
{
    const auto to_next = static_cast<std::size_t>(next_epoch - fed());
    const std::size_t taken = detector.process(samples, std::min({ count, to_next, buffer.size() - filled }));
    std::copy_n(samples, taken, buffer.data() + filled);
    filled += taken;
    measure(EpochFacts::kPart);
    if (detector.complete())
        end_epoch(facts.start() + epoch, false);
    return taken;
}

void WidebandScanner::Impl::measure(std::size_t least) noexcept
{
    for (std::size_t count; (count = std::min<std::size_t>(EpochFacts::kPart, fed() - measured)) >= least; measured += count)
        (measured < facts.start() + epoch ? facts : next_facts).add(buffer.data() + (measured - origin), count);
}

void WidebandScanner::Impl::end_epoch(std::uint64_t end, bool is_cut) noexcept
{
    EmissionTracker::Epoch seen{ detector.detections(), static_cast<std::size_t>(detector.count()), base, end, is_cut };
    std::vector<EmissionWork>& works = tracker.gather(seen);
    if (works.empty())
        add_band();
    for (EmissionWork& work : works)
        run(work);
    interval.add(facts, !works.empty());
    if (is_cut)
        return;
    if (interval.epochs == epochs_per_interval)
        end_interval(end);
    const std::uint64_t keep = std::max(origin, end - std::min(end, std::min(kLookBack, epoch)));
    std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(keep - origin),
              buffer.begin() + static_cast<std::ptrdiff_t>(filled), buffer.begin());
    filled -= static_cast<std::size_t>(keep - origin);
    origin = keep;
    facts = next_facts;
    if (interval.epochs == 0)
        switch_model();
    account(epoch);
}

/// The time that these samples took, against the time that they last.
void WidebandScanner::Impl::account(std::uint64_t samples) noexcept
{
    const std::int64_t now_ns = state.clock.steady_ns();
    state.backlog.worked(busy_s + 1e-9 * static_cast<double>(now_ns - busy_since_ns),
                         static_cast<double>(samples) / state.config.sample_rate_hz);
    busy_s = 0.0;
    busy_since_ns = now_ns;
}

void WidebandScanner::Impl::run(EmissionWork& work) noexcept
{
    Emission& emission = tracker.emission_of(work);
    if (work.has_part)
        cut(emission, work);
    const bool is_full = static_cast<double>(emission.samples.duration()) >=
                         kFullInterval * static_cast<double>(interval_samples());
    if (!work.goes_on || is_full)
        decide(emission, work.has_ended);
    work.track = emission.track;
    work.label = emission.previous_label;
    if (!work.goes_on)
        emission.active = false;
    else if (is_full)
        emission.begin_interval(work.part.end);
}

void WidebandScanner::Impl::cut(Emission& emission, const EmissionWork& work) noexcept
{
    if (!std::exchange(emission.has_time, true)) {
        emission.time_ns = facts.time_ns(work.part.start);
        emission.time_source = facts.time_source();
    }
    emission.last = work.part;
    emission.clipped = std::max(emission.clipped, facts.clipped());
    emission.samples.add(work.part);
    EmissionSamples::Cut how;
    how.occupied_fraction = pipeline().front_end.spec().occupied_fraction;
    how.least_samples = kLeastFrames * pipeline().front_end.min_samples();
    how.most_samples = std::max(std::min(pipeline().block_length, EmissionSamples::kMostSamples),
                                EmissionSamples::kMostSamples / static_cast<int>(std::min<std::uint64_t>(
                                                                    epochs_per_interval, 1 << 15)));
    how.goes_on = work.goes_on;
    dsp::StreamWindow window{ buffer.data(), filled, origin };
    const double from_zero = std::abs(work.part.center());
    if (from_zero > kMiddle * work.part.width())
        window.constant = facts.constant();
    emission.samples.cut(work.part, how, window, extractor);
}

void WidebandScanner::Impl::decide(Emission& emission, bool has_ended) noexcept
{
    BlockClassifier& classifier = pipeline().stream;
    emission.samples.for_each_block(
        pipeline().block_length, pipeline().front_end.min_samples(),
        [&](const std::complex<float>* x, int n) { classifier.add(x, n, ZeroHz::signal); });
    LabelEvent event = state.new_event();
    classifier.set_previous_label(emission.previous_label);
    state.add(state.frames, classifier.decide(event));
    emission.previous_label = classifier.previous_label();
    emission.write(event, facts.tuned_hz());
    event.is_whole = emission.has_start && has_ended;
    if (facts.has_own_line(emission.samples.low(), emission.samples.high(), finest)) {
        decide_noise(event);
        event.note.assign(kDcSpike);
    } else if (prover && !state.is_late()) {
        prove(event, emission);
    }
    state.emit(event);
}

void WidebandScanner::Impl::prove(LabelEvent& event, Emission& emission) noexcept
{
    const EmissionSamples& samples = emission.samples;
    std::array<measure::Piece, EmissionSamples::kMostPieces> pieces;
    std::size_t count = 0;
    samples.for_each_piece([&](const std::complex<float>* x, int n) { pieces[count++] = { x, static_cast<std::size_t>(n) }; });
    doubt_strong_noise(event);
    const double rate_hz = state.config.sample_rate_hz;
    prover->prove(event, pipeline().stream.proposal(),
                  { pieces.data(), count, rate_hz * samples.rate(), facts.tuned_hz() + rate_hz * samples.center(),
                    samples.passband() },
                  emission.signal ? &*emission.signal : nullptr);
}

/// Of a band without emissions, which may be full of one.
void WidebandScanner::Impl::add_band() noexcept
{
    const auto most = std::min<std::uint64_t>(facts.count(), EmissionSamples::kMostSamples / epochs_per_interval);
    const std::complex<float>* x = buffer.data() + (facts.start() - origin);
    const auto block = static_cast<std::uint64_t>(pipeline().block_length);
    for (std::uint64_t done = 0; done < most; done += block)
        pipeline().burst.add(x + done, static_cast<int>(std::min(block, most - done)), ZeroHz::tuned);
    interval.may_be_full = interval.may_be_full || differs_from_noise(x, static_cast<int>(most));
}

void WidebandScanner::Impl::end_interval(std::uint64_t end) noexcept
{
    LabelEvent ignored;
    if (interval.is_quiet)
        emit_band(interval.start, end - interval.start, false);
    else
        pipeline().burst.decide(ignored);
    interval = {};
    interval.start = end;
}

/// The band without a signal; nothing is known of it when it was skipped.
void WidebandScanner::Impl::emit_band(std::uint64_t start, std::uint64_t count, bool is_lost) noexcept
{
    LabelEvent event = state.new_event();
    event.sample_start = start;
    event.sample_count = count;
    event.center_freq_hz = state.tuned_hz;
    event.time_ns = state.interval_time_ns;
    event.time_source = state.interval_time_source;
    state.add(state.frames, pipeline().burst.decide(event));
    if (!is_lost) {
        event.time_ns = facts.time_ns(start);
        event.time_source = facts.time_source();
        event.power_dbfs = interval.power_dbfs();
        event.clipped = interval.clipped;
        const bool is_full = interval.may_be_full && !interval.has_constant;
        if (event.state != State::signal || event.confidence < kSureOfBand || !is_full) {
            event.center_freq_hz = facts.tuned_hz();
            event.bandwidth_hz = state.config.sample_rate_hz;
            event.snr_db = NAN;
            decide_noise(event);
        }
        event.note.assign(interval.has_constant ? kDcSpike : std::string_view{});
    }
    state.emit(event);
}

/// The stream ends here, or what is contiguous of it.
void WidebandScanner::Impl::cut_stream() noexcept
{
    const std::uint64_t end = fed();
    if (end == base)
        return;
    measure(1);
    detector.finish();
    const bool is_short = end - facts.start() < epoch / kShort;
    end_epoch(end, true);
    tracker.interrupt(end, is_short ? end - facts.start() : 0);
    interval.is_quiet = interval.is_quiet && (!is_short || interval.start == base);
    end_interval(end);
    account(end - facts.start());
    restart(end);
}

void WidebandScanner::Impl::restart(std::uint64_t sample) noexcept
{
    base = origin = next_epoch = measured = sample;
    filled = to_skip = 0;
    interval = {};
    interval.start = sample;
}

std::size_t WidebandScanner::Impl::skip(std::size_t count) noexcept
{
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(count, to_skip));
    origin += taken;
    to_skip -= taken;
    if (to_skip == 0)
        end_skipping();
    return taken;
}

void WidebandScanner::Impl::end_skipping() noexcept
{
    const std::uint64_t lost = origin - base;
    const auto frame_length = static_cast<std::uint64_t>(pipeline().front_end.spec().frame_length);
    const std::uint64_t frames = std::min<std::uint64_t>(lost, EmissionSamples::kMostSamples) / frame_length;
    state.add(state.dropped_frames, std::max<std::uint64_t>(1, frames * std::max<std::size_t>(1, tracker.interrupted())));
    state.backlog.skipped(static_cast<double>(lost) / state.config.sample_rate_hz);
    emit_band(base, lost, true);
    restart(origin);
}

WidebandScanner::WidebandScanner(Model model, ClassifierConfig config, EventHandler handler)
    : StreamClassifier(std::move(model), std::move(config), std::move(handler)),
      impl_(std::make_unique<Impl>(state()))
{
}

WidebandScanner::~WidebandScanner() = default;
WidebandScanner::WidebandScanner(WidebandScanner&&) noexcept = default;

std::uint64_t WidebandScanner::epoch_samples() const noexcept
{
    return impl_->epoch;
}

void WidebandScanner::consume(const std::complex<float>* samples, std::size_t count) noexcept
{
    impl_->consume(samples, count);
}

void WidebandScanner::end_segment(bool is_last) noexcept
{
    Impl& scanner = *impl_;
    scanner.busy_since_ns = scanner.state.clock.steady_ns();
    if (scanner.to_skip > 0 && scanner.origin > scanner.base)
        scanner.end_skipping();
    scanner.cut_stream();
    if (is_last)
        scanner.tracker.forget_interrupted();
    scanner.restart(scanner.state.samples_in.load(std::memory_order_relaxed));
}

} // namespace prunedamr::stream
