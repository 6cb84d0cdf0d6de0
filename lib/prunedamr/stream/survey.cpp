// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/survey.h"

#include "prunedamr/dsp/look_spectrum.h"
#include "prunedamr/dsp/sliding_transform.h"
#include "prunedamr/stream/live_core.h"
#include "prunedamr/stream/survey_plan.h"
#include "prunedamr/stream/track_channel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace prunedamr::stream {
namespace {

constexpr int kMostSamples = 32768; ///< of a track that a decision takes
constexpr int kLeastSegments = 4;   ///< of a look at the end of the stream
constexpr double kKeptS = 0.5;      ///< a track through gaps
constexpr double kFewBins = 16.0;   ///< a narrower band is measured finer within its channel

SurveyConfig checked(SurveyConfig config)
{
    check(config);
    return config;
}

dsp::BandTrackerConfig tracker_config(const SurveyPlan& plan, const SurveyConfig& config)
{
    const double look_s = plan.segments_per_look * static_cast<double>(plan.hop()) / config.stream.sample_rate_hz;
    dsp::BandTrackerConfig result;
    result.most = config.max_signals;
    result.dropped_after = static_cast<int>(
        std::clamp(std::max(kKeptS / look_s, static_cast<double>(plan.looks_per_interval)), 4.0, 1e9));
    return result;
}

} // namespace

struct Survey::Impl : Core {
    Impl(Model wanted, const SurveyConfig& survey_config, EventHandler event_handler);

    void process(const std::complex<float>* samples, std::size_t count) noexcept;
    void flush() noexcept;
    void begin_look() noexcept;
    void on_segment() noexcept;
    void end_look() noexcept;
    void follow_tracks() noexcept;
    void skip_look() noexcept;
    void end_interval() noexcept;
    void decide(const dsp::Track& track) noexcept;
    void decide_band() noexcept;
    double frequency_hz(double bin) const noexcept;
    std::uint64_t interval_length() const noexcept { return interval_segments * static_cast<unsigned>(plan.hop()); }

    const SurveyPlan plan;
    dsp::SlidingTransform transform;
    dsp::LookSpectrum spectrum;
    dsp::BandDetector detector;
    dsp::BandTracker tracker;
    dsp::ChannelBank bank;
    std::vector<std::complex<float>> transformed; ///< [segments_per_look, nfft]
    std::vector<TrackChannel> channels;           ///< by the tracks' slots
    std::vector<std::size_t> held;                ///< their labels' classes, the same

    std::uint64_t segment = 0; ///< number in the stream
    bool in_look = false;      ///< a look is under way,
    int look_segments = 0;     ///< of which so many are there
    std::uint64_t looks = 0;   ///< of this interval
    std::uint64_t interval_segments = 0;
    bool skipping = false; ///< this look
    double look_busy_s = 0.0;
    double power = 0.0; ///< of the whole band, sum over the interval's looks
    int power_looks = 0;
};

Survey::Impl::Impl(Model wanted, const SurveyConfig& survey_config, EventHandler event_handler)
    : Core(std::move(wanted), survey_config.stream, std::move(event_handler)),
      plan(plan_survey(config.sample_rate_hz, config.interval_samples)), transform(plan.nfft), spectrum(plan.nfft),
      detector(plan.nfft), tracker(tracker_config(plan, survey_config)), bank(plan.nfft),
      transformed(static_cast<std::size_t>(plan.segments_per_look) * static_cast<std::size_t>(plan.nfft))
{
    channels.reserve(static_cast<std::size_t>(survey_config.max_signals));
    held.assign(static_cast<std::size_t>(survey_config.max_signals), Vote::kNone);
    for (int i = 0; i < survey_config.max_signals; ++i)
        channels.emplace_back(plan.nfft, kMostSamples);
}

void Survey::Impl::process(const std::complex<float>* samples, std::size_t count) noexcept
{
    const auto start = Clock::now();
    arrived(count);
    while (count > 0) {
        if (!in_look)
            begin_look();
        const std::size_t taken = transform.add(samples, count);
        samples += taken;
        count -= taken;
        if (transform.is_full())
            on_segment();
    }
    add(busy_s, seconds_since(start));
}

void Survey::Impl::begin_look() noexcept
{
    in_look = true;
    skipping = config.live && lag.must_skip();
    if (interval_segments > 0)
        return;
    const ModelChain* before = &chain();
    take_next_model();
    if (&chain() != before)
        std::fill(held.begin(), held.end(), Vote::kNone);
    const double before_hz = tuned_hz;
    begin_interval();
    if (tuned_hz != before_hz)
        tracker.reset();
}

void Survey::Impl::on_segment() noexcept
{
    const auto start = Clock::now();
    if (skipping) {
        transform.skip();
    } else {
        std::complex<float>* to = transformed.data() + static_cast<std::ptrdiff_t>(look_segments) * plan.nfft;
        transform.transform(to);
        spectrum.add(to);
    }
    ++look_segments;
    ++segment;
    ++interval_segments;
    const bool complete = look_segments == plan.segments_per_look;
    if (complete)
        end_look();
    look_busy_s += seconds_since(start);
    if (!complete)
        return;
    const double look_s = plan.segments_per_look * static_cast<double>(plan.hop()) / config.sample_rate_hz;
    if (skipping)
        lag.skipped(look_s);
    else
        lag.worked(look_busy_s, look_s);
    look_busy_s = 0.0;
}

void Survey::Impl::end_look() noexcept
{
    if (skipping)
        skip_look();
    else
        follow_tracks();
    in_look = false;
    look_segments = 0;
    if (++looks == plan.looks_per_interval)
        end_interval();
}

/// What the look shows goes to its tracks, and their samples to the channels.
void Survey::Impl::follow_tracks() noexcept
{
    const dsp::Spectrum seen = spectrum.finish();
    power += std::accumulate(seen.psd, seen.psd + seen.nfft, 0.0);
    ++power_looks;
    detector.detect(seen);
    tracker.update(detector.bands(), detector.count());
    const Look look{ transformed.data(), look_segments, plan.nfft,
                     segment - static_cast<std::uint64_t>(look_segments), detector };
    const int block_length = std::min(chain().block_length, kMostSamples);
    const auto allowed =
        std::max(block_length, static_cast<int>(kMostSamples * (looks + 1) / plan.looks_per_interval));
    const double share = chain().front_end.spec().occupied_share;
    for (int i = 0; i < tracker.count(); ++i) {
        const dsp::Track& track = tracker.tracks()[i];
        TrackChannel& channel = channels[track.slot];
        if (track.seen && track.sightings == 1) { // what is there is of the slot's last track
            channel.clear();
            held[track.slot] = Vote::kNone;
        }
        if (track.seen)
            channel.add(look, track, share, bank, allowed, block_length);
        else
            channel.end_piece();
    }
}

void Survey::Impl::skip_look() noexcept
{
    const int frame_length = chain().front_end.spec().frame_length;
    std::uint64_t lost = 0;
    for (int i = 0; i < tracker.count(); ++i) {
        TrackChannel& channel = channels[tracker.tracks()[i].slot];
        lost += static_cast<std::uint64_t>(channel.rate() * plan.hop() * look_segments / frame_length);
        channel.end_piece();
    }
    add(dropped_frames, std::max<std::uint64_t>(1, lost));
}

void Survey::Impl::end_interval() noexcept
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
    interval_start += interval_length();
    interval_segments = 0;
    looks = 0;
    power = 0.0;
    power_looks = 0;
}

double Survey::Impl::frequency_hz(double bin) const noexcept
{
    return tuned_hz + ((bin - 0.5) / plan.nfft - 0.5) * config.sample_rate_hz;
}

void Survey::Impl::decide(const dsp::Track& track) noexcept
{
    TrackChannel& channel = channels[track.slot];
    channel.end_piece();
    BlockClassifier& classifier = chain().stream;
    channel.for_each_block(chain().block_length, chain().front_end.min_samples(),
                           [&](const std::complex<float>* x, int n) { classifier.add(x, n); });
    LabelEvent event = interval_event(interval_length());
    event.sample_rate_hz = config.sample_rate_hz * channel.rate();
    event.center_freq_hz = tuned_hz + channel.center() * config.sample_rate_hz;
    classifier.hold(held[track.slot]);
    add(frames, classifier.decide(event));
    held[track.slot] = classifier.held();
    event.sample_rate_hz = config.sample_rate_hz;
    event.snr_db = channel.snr_db();
    const double center_hz = frequency_hz(track.center());
    const double width_hz = track.width() / plan.nfft * config.sample_rate_hz;
    const bool finer = track.width() < kFewBins && event.bandwidth_hz < width_hz &&
                       std::abs(event.center_freq_hz - center_hz) < 0.5 * width_hz;
    if (!finer) {
        event.center_freq_hz = center_hz;
        event.bandwidth_hz = width_hz;
    }
    handler(event);
}

/// The band without a signal; nothing is known of it when every look was skipped.
void Survey::Impl::decide_band() noexcept
{
    LabelEvent event = interval_event(interval_length());
    chain().burst.decide(event);
    if (power_looks > 0) {
        decide_noise(event);
        event.power_dbfs = static_cast<float>(10.0 * std::log10(std::max(power / power_looks, 1e-20)));
    }
    handler(event);
}

void Survey::Impl::flush() noexcept
{
    const auto start = Clock::now();
    if (look_segments >= kLeastSegments)
        end_look();
    else if (look_segments > 0 && !skipping)
        spectrum.finish();
    interval_segments -= static_cast<std::uint64_t>(look_segments);
    if (looks > 0)
        end_interval();
    in_look = false;
    look_segments = 0;
    interval_segments = 0;
    segment = 0;
    transform.reset();
    tracker.reset();
    interval_start = samples_in.load(std::memory_order_relaxed);
    add(busy_s, seconds_since(start));
}

Survey::Survey(Model model, SurveyConfig config, EventHandler handler)
    : LiveClassifier(std::make_unique<Impl>(std::move(model), checked(std::move(config)), std::move(handler)))
{
}

Survey::~Survey() = default;
Survey::Survey(Survey&&) noexcept = default;

Survey::Impl& Survey::impl() noexcept
{
    return static_cast<Impl&>(*core_);
}

void Survey::process(const std::complex<float>* samples, std::size_t count) noexcept
{
    impl().process(samples, count);
}

void Survey::flush() noexcept
{
    impl().flush();
}

} // namespace prunedamr::stream
