// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/wideband_scanner.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/dwell_spectrum.h"
#include "prunedamr/dsp/sliding_transform.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/stream_state.h"
#include "prunedamr/stream/track_channel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace prunedamr::stream {
namespace {

constexpr int kMostSamples = 32768; ///< of a track that a decision takes
constexpr int kLeastSegments = 4;   ///< of a dwell at the end of the stream
constexpr double kKeptS = 0.5;      ///< a track through gaps
constexpr double kFewBins = 16.0;   ///< a narrower band is measured finer within its channel
constexpr double kLineBins = 8.0;   ///< a line's band has no more
constexpr double kSameLine = 0.9;   ///< of a line's power in a mean of the interval's transforms: it stands still
constexpr int kZerosShare = 4;      ///< zeros in more than half a transform over this: it holds no noise there

/// What zero frequency has in one transform after the other, and whether that stands still.
struct ZeroBin {
    void add(std::complex<float> bin) noexcept
    {
        sum += std::complex<double>(bin);
        energy += std::norm(std::complex<double>(bin));
        ++count;
    }
    bool is_same() const noexcept { return std::norm(sum) > kSameLine * energy * count; }

    std::complex<double> sum;
    double energy = 0.0;
    int count = 0;
};

const SurveyConfig& checked(const SurveyConfig& config)
{
    check(config);
    return config;
}

dsp::BandTrackerConfig tracker_config(const SurveyPlan& plan, const SurveyConfig& config)
{
    const double dwell_s = plan.segments_per_dwell * static_cast<double>(plan.hop()) / config.stream.sample_rate_hz;
    dsp::BandTrackerConfig result;
    result.most = config.max_signals;
    result.dropped_after = static_cast<int>(
        std::clamp(std::max(kKeptS / dwell_s, static_cast<double>(plan.dwells_per_interval)), 4.0, 1e9));
    return result;
}

} // namespace

void check(const SurveyConfig& config)
{
    check(config.stream);
    if (config.stream.bursts)
        throw InvalidArgument{ { "a survey has no bursts of the whole band", "survey: bursts", "true", "false" } };
    if (config.max_signals < 1 || config.max_signals > SurveyConfig::kMostSignals)
        throw InvalidArgument{ { "value out of range", "survey: max_signals", std::to_string(config.max_signals),
                                 "1..64" } };
}

struct WidebandScanner::Impl {
    Impl(StreamState& stream, const SurveyConfig& config);

    Pipeline& pipeline() const noexcept { return state.pipeline(); }
    void consume(const std::complex<float>* samples, std::size_t count) noexcept;
    void end_segment(bool is_last) noexcept;
    void begin_dwell() noexcept;
    void on_segment() noexcept;
    void end_dwell() noexcept;
    void follow_tracks() noexcept;
    void skip_dwell() noexcept;
    void end_interval() noexcept;
    void decide(const dsp::Track& track) noexcept;
    void decide_band() noexcept;
    double frequency_hz(double bin) const noexcept;
    std::uint64_t interval_length() const noexcept { return interval_segments * static_cast<unsigned>(plan.hop()); }

    StreamState& state;
    const SurveyPlan plan;
    dsp::SlidingTransform transform;
    dsp::DwellSpectrum spectrum;
    dsp::BandDetector detector;
    dsp::BandTracker tracker;
    dsp::ChannelBank bank;
    std::vector<std::complex<float>> transformed; ///< [segments_per_dwell, nfft]
    std::vector<TrackChannel> channels;           ///< by the tracks' slots
    std::vector<std::size_t> previous_labels;     ///< their labels' classes, the same

    std::uint64_t segment = 0; ///< number in the stream
    bool in_dwell = false;     ///< a dwell is under way,
    int dwell_segments = 0;    ///< of which so many are there
    std::uint64_t dwells = 0;  ///< of this interval
    std::uint64_t interval_segments = 0;
    bool skipping = false; ///< this dwell
    double dwell_busy_s = 0.0;
    std::ptrdiff_t zeros = 0; ///< samples of the half of a transform that is under way
    bool is_silent = true;    ///< the last half; zeros stand before the stream
    ClippingMeter clipping;   ///< of this interval, too:
    ZeroBin zero_bin;
    double power = 0.0; ///< of the whole band, sum over the interval's dwells
    int power_dwells = 0;
};

WidebandScanner::Impl::Impl(StreamState& stream, const SurveyConfig& config)
    : state(stream), plan(plan_survey(config.stream.sample_rate_hz,
                                      sample_count(config.stream.interval_s, config.stream.sample_rate_hz))),
      transform(plan.nfft), spectrum(plan.nfft), detector(plan.nfft), tracker(tracker_config(plan, config)),
      bank(plan.nfft),
      transformed(static_cast<std::size_t>(plan.segments_per_dwell) * static_cast<std::size_t>(plan.nfft))
{
    channels.reserve(static_cast<std::size_t>(config.max_signals));
    previous_labels.assign(static_cast<std::size_t>(config.max_signals), DecisionAccumulator::kNone);
    for (int i = 0; i < config.max_signals; ++i)
        channels.emplace_back(plan.nfft, kMostSamples);
}

void WidebandScanner::Impl::consume(const std::complex<float>* samples, std::size_t count) noexcept
{
    while (count > 0) {
        if (!in_dwell)
            begin_dwell();
        const std::size_t taken = transform.add(samples, count);
        if (!skipping)
            clipping.add(samples, taken);
        zeros += std::count(samples, samples + taken, std::complex<float>{});
        samples += taken;
        count -= taken;
        if (transform.is_full())
            on_segment();
    }
}

void WidebandScanner::Impl::begin_dwell() noexcept
{
    in_dwell = true;
    skipping = state.config.live && state.backlog.must_skip();
    if (interval_segments > 0)
        return;
    const Pipeline* before = &pipeline();
    state.switch_model();
    if (&pipeline() != before)
        std::fill(previous_labels.begin(), previous_labels.end(), DecisionAccumulator::kNone);
    const double before_hz = state.tuned_hz;
    state.begin_interval();
    if (state.tuned_hz != before_hz)
        tracker.reset();
}

void WidebandScanner::Impl::on_segment() noexcept
{
    const auto start = state.clock.steady_ns();
    const bool was_silent = std::exchange(is_silent, zeros > plan.hop() / kZerosShare);
    zeros = 0;
    if (skipping) {
        transform.skip();
    } else {
        std::complex<float>* to = transformed.data() + static_cast<std::ptrdiff_t>(dwell_segments) * plan.nfft;
        transform.transform(to);
        if (!was_silent && !is_silent) {
            spectrum.add(to);
            zero_bin.add(to[0]);
        }
    }
    ++dwell_segments;
    ++segment;
    ++interval_segments;
    const bool complete = dwell_segments == plan.segments_per_dwell;
    if (complete)
        end_dwell();
    dwell_busy_s += state.seconds_since(start);
    if (!complete)
        return;
    const double dwell_s = plan.segments_per_dwell * static_cast<double>(plan.hop()) / state.config.sample_rate_hz;
    if (skipping)
        state.backlog.skipped(dwell_s);
    else
        state.backlog.worked(dwell_busy_s, dwell_s);
    dwell_busy_s = 0.0;
}

void WidebandScanner::Impl::end_dwell() noexcept
{
    if (skipping)
        skip_dwell();
    else
        follow_tracks();
    in_dwell = false;
    dwell_segments = 0;
    if (++dwells == plan.dwells_per_interval)
        end_interval();
}

/// What the dwell shows goes to its tracks, and their samples to the channels.
void WidebandScanner::Impl::follow_tracks() noexcept
{
    const double sound = static_cast<double>(spectrum.segments()) / dwell_segments;
    const dsp::Spectrum seen = spectrum.finish();
    power += sound * std::accumulate(seen.psd, seen.psd + seen.nfft, 0.0);
    ++power_dwells;
    detector.detect(seen);
    tracker.update(detector.bands(), detector.count());
    const Dwell dwell{ transformed.data(), dwell_segments,
                       plan.nfft,          segment - static_cast<std::uint64_t>(dwell_segments),
                       detector,           zero_bin.is_same() };
    const int block_length = std::min(pipeline().block_length, kMostSamples);
    const auto allowed =
        std::max(block_length, static_cast<int>(kMostSamples * (dwells + 1) / plan.dwells_per_interval));
    const double share = pipeline().front_end.spec().occupied_fraction;
    for (int i = 0; i < tracker.count(); ++i) {
        const dsp::Track& track = tracker.tracks()[i];
        TrackChannel& channel = channels[track.slot];
        if (track.seen && track.sightings == 1) { // what is there is of the slot's last track
            channel.clear();
            previous_labels[track.slot] = DecisionAccumulator::kNone;
        }
        if (track.seen)
            channel.add(dwell, track, share, bank, allowed, block_length);
        else
            channel.end_piece();
    }
}

void WidebandScanner::Impl::skip_dwell() noexcept
{
    const int frame_length = pipeline().front_end.spec().frame_length;
    std::uint64_t lost = 0;
    for (int i = 0; i < tracker.count(); ++i) {
        TrackChannel& channel = channels[tracker.tracks()[i].slot];
        lost += static_cast<std::uint64_t>(channel.rate() * plan.hop() * dwell_segments / frame_length);
        channel.end_piece();
    }
    state.add(state.dropped_frames, std::max<std::uint64_t>(1, lost));
}

void WidebandScanner::Impl::end_interval() noexcept
{
    std::array<const dsp::Track*, SurveyConfig::kMostSignals> found{};
    int count = 0;
    for (int i = 0; i < tracker.count(); ++i)
        if (tracker.tracks()[i].confirmed && !channels[tracker.tracks()[i].slot].is_empty())
            found[count++] = tracker.tracks() + i;
    std::sort(found.begin(), found.begin() + count,
              [](const dsp::Track* a, const dsp::Track* b) { return a->center() < b->center(); });
    for (int i = 0; i < count; ++i)
        decide(*found[i]);
    if (count == 0)
        decide_band();
    for (TrackChannel& channel : channels)
        channel.clear();
    state.interval_start += interval_length();
    interval_segments = 0;
    dwells = 0;
    power = 0.0;
    power_dwells = 0;
    clipping.reset();
    zero_bin = {};
}

double WidebandScanner::Impl::frequency_hz(double bin) const noexcept
{
    return state.tuned_hz + ((bin - 0.5) / plan.nfft - 0.5) * state.config.sample_rate_hz;
}

void WidebandScanner::Impl::decide(const dsp::Track& track) noexcept
{
    TrackChannel& channel = channels[track.slot];
    channel.end_piece();
    BlockClassifier& classifier = pipeline().stream;
    channel.for_each_block(pipeline().block_length, pipeline().front_end.min_samples(),
                           [&](const std::complex<float>* x, int n) { classifier.add(x, n, ZeroHz::signal); });
    LabelEvent event = state.interval_event(interval_length());
    event.sample_rate_hz = state.config.sample_rate_hz * channel.rate();
    event.center_freq_hz = state.tuned_hz + channel.center() * state.config.sample_rate_hz;
    classifier.set_previous_label(previous_labels[track.slot]);
    state.add(state.frames, classifier.decide(event));
    previous_labels[track.slot] = classifier.previous_label();
    event.sample_rate_hz = state.config.sample_rate_hz;
    event.snr_db = channel.snr_db();
    const double center_hz = frequency_hz(track.center());
    const double width_hz = track.width() / plan.nfft * state.config.sample_rate_hz;
    const bool finer = track.width() < kFewBins && event.bandwidth_hz < width_hz &&
                       std::abs(event.center_freq_hz - center_hz) < 0.5 * width_hz;
    if (!finer) {
        event.center_freq_hz = center_hz;
        event.bandwidth_hz = width_hz;
    }
    event.clipped = clipping.fraction();
    const double from_zero = std::abs(track.center() - 0.5 - plan.nfft / 2);
    if (track.width() <= kLineBins && from_zero < 0.5 * track.width() && zero_bin.is_same()) {
        decide_noise(event);
        event.note.assign(kDcSpike);
    }
    state.emit(event);
}

/// The band without a signal; nothing is known of it when every dwell was skipped.
void WidebandScanner::Impl::decide_band() noexcept
{
    LabelEvent event = state.interval_event(interval_length());
    pipeline().burst.decide(event);
    if (power_dwells > 0) {
        decide_noise(event);
        event.power_dbfs = static_cast<float>(10.0 * std::log10(std::max(power / power_dwells, 1e-20)));
    }
    event.clipped = clipping.fraction();
    state.emit(event);
}

void WidebandScanner::Impl::end_segment(bool is_last) noexcept
{
    if (dwell_segments >= kLeastSegments)
        end_dwell();
    else if (dwell_segments > 0 && !skipping)
        spectrum.finish();
    interval_segments -= static_cast<std::uint64_t>(dwell_segments);
    if (dwells > 0)
        end_interval();
    in_dwell = false;
    dwell_segments = 0;
    interval_segments = 0;
    segment = 0;
    zeros = 0;
    is_silent = true;
    transform.reset();
    if (is_last)
        tracker.reset();
    state.interval_start = state.samples_in.load(std::memory_order_relaxed);
}

WidebandScanner::WidebandScanner(Model model, SurveyConfig config, EventHandler handler)
    : StreamClassifier(std::move(model), checked(config).stream, std::move(handler)),
      impl_(std::make_unique<Impl>(state(), config))
{
}

WidebandScanner::~WidebandScanner() = default;
WidebandScanner::WidebandScanner(WidebandScanner&&) noexcept = default;

void WidebandScanner::consume(const std::complex<float>* samples, std::size_t count) noexcept
{
    impl_->consume(samples, count);
}

void WidebandScanner::end_segment(bool is_last) noexcept
{
    impl_->end_segment(is_last);
}

} // namespace prunedamr::stream
