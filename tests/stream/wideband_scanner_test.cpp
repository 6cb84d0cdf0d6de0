// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/wideband_scanner.h"

#include "tests/support/expect_error.h"
#include "prunedamr/dsp/dwell_spectrum.h"
#include "prunedamr/dsp/sliding_transform.h"
#include "prunedamr/stream/track_channel.h"
#include "tests/dsp/signals.h"
#include "tests/stream/small_network.h"
#include "tests/support/fake_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

namespace {

constexpr double kRate = 100e3;
constexpr double kTuned = 433e6;

Model named(const std::string& name)
{
    model::Model model = small_network();
    model.info.name = name;
    engine::EngineConfig config;
    config.max_batch = 5;
    engine::Engine engine(model, config);
    return { std::move(model.info), std::move(engine) };
}

SurveyConfig config()
{
    SurveyConfig config;
    config.stream.sample_rate_hz = kRate;
    config.stream.center_freq_hz = kTuned;
    config.stream.interval_s = 10000 / kRate;
    return config;
}

/// What a survey says of the samples, given in chunks.
std::vector<LabelEvent> events_of(const Samples& x, std::size_t chunk, const SurveyConfig& c = config())
{
    std::vector<LabelEvent> events;
    WidebandScanner survey(named("small"), c, [&](const LabelEvent& event) { events.push_back(event); });
    survey.set_time(0, 0, TimeSource::file);
    for (std::size_t i = 0; i < x.size(); i += chunk)
        survey.process(x.data() + i, std::min(chunk, x.size() - i));
    survey.flush();
    return events;
}

Samples two_signals(int count)
{
    return band_noise(count, -0.11, 0.10, 1.0, 1) + band_noise(count, 0.2, 0.05, 0.2, 2) +
           white_noise(count, 0.05, 3);
}

} // namespace

TEST(WidebandScanner, GivesAnEventPerSignalAndIntervalWithItsBand)
{
    const auto events = events_of(two_signals(60000), 60000);
    const SurveyPlan plan = plan_survey(kRate, 10000);
    const std::uint64_t interval = plan.dwells_per_interval * static_cast<unsigned>(plan.segments_per_dwell) *
                                   static_cast<unsigned>(plan.hop());
    ASSERT_EQ(events.size() % 2, 0u);
    ASSERT_GE(events.size(), 8u);
    for (std::size_t i = 0; i < events.size(); ++i) {
        const LabelEvent& event = events[i];
        const bool lower = i % 2 == 0;
        EXPECT_EQ(event.seq, i);
        EXPECT_EQ(event.sample_start, i / 2 * interval);
        EXPECT_EQ(event.sample_rate_hz, kRate);
        EXPECT_NEAR(event.center_freq_hz - kTuned, lower ? -11e3 : 20e3, 300.0) << i;
        EXPECT_NEAR(event.bandwidth_hz, lower ? 10e3 : 5e3, 1200.0) << i;
        EXPECT_NEAR(event.snr_db, lower ? 23.0f : 19.0f, 1.5f) << i;
        EXPECT_NEAR(event.power_dbfs, lower ? 0.1f : -6.8f, 1.0f) << i;
        EXPECT_GT(event.top_count, 0);
    }
}

TEST(WidebandScanner, SaysTheSameWhateverTheChunks)
{
    const Samples x = two_signals(45000);
    const auto expected = events_of(x, x.size());
    for (const std::size_t chunk : { 1u, 7u, 1000u, 4096u }) {
        const auto found = events_of(x, chunk);
        ASSERT_EQ(found.size(), expected.size()) << chunk;
        for (std::size_t i = 0; i < found.size(); ++i)
            EXPECT_EQ(to_json_line(found[i]), to_json_line(expected[i])) << chunk;
    }
}

TEST(WidebandScanner, ABandWithoutSignalsIsNoise)
{
    const auto events = events_of(white_noise(40000, 0.01, 5), 40000);
    ASSERT_GE(events.size(), 3u);
    for (const LabelEvent& event : events) {
        EXPECT_EQ(event.state, State::noise);
        EXPECT_EQ(event.center_freq_hz, kTuned);
        EXPECT_EQ(event.bandwidth_hz, kRate);
        EXPECT_NEAR(event.power_dbfs, -20.0f, 0.3f);
        EXPECT_TRUE(std::isnan(event.snr_db));
    }
}

TEST(WidebandScanner, AGapEndsTheIntervalAndSignalsAreFollowedAcrossIt)
{
    SurveyConfig c = config();
    FakeClock clock;
    c.stream.clock = &clock;
    c.stream.live = true;
    std::vector<LabelEvent> events;
    WidebandScanner survey(named("small"), c, [&](const LabelEvent& event) { events.push_back(event); });
    const auto begin_ns = clock.system_ns();
    const Samples x = two_signals(40'000);
    for (std::size_t at = 0; at < x.size(); at += 1000) {
        if (at == 25'000)
            clock.advance_s(6.0);
        clock.advance_s(0.01);
        survey.process(x.data() + at, 1000);
    }
    survey.flush();
    std::size_t after_gap = 0;
    for (const LabelEvent& event : events) {
        const bool after = event.sample_start >= 25'000;
        EXPECT_TRUE(after || event.sample_start + event.sample_count <= 25'000) << event.sample_start;
        EXPECT_LT(event.bandwidth_hz, 0.2 * kRate) << event.sample_start;
        EXPECT_NEAR(1e-9 * static_cast<double>(event.time_ns - begin_ns),
                    static_cast<double>(event.sample_start) / kRate + (after ? 6.0 : 0.0), 0.02);
        after_gap += after;
    }
    EXPECT_GE(after_gap, 2u);
    EXPECT_EQ(events.back().overflows, 1u);
}

TEST(WidebandScanner, ALineAtTheTunedFrequencyIsTheReceiversOwn)
{
    const Samples leak(40'000, { 0.5f, -0.2f });
    const auto alone = events_of(leak + white_noise(40'000, 0.01, 5), 40'000);
    ASSERT_FALSE(alone.empty());
    for (const LabelEvent& event : alone) {
        EXPECT_EQ(event.state, State::noise);
        EXPECT_EQ(event.note.view(), kDcSpike);
    }
    int lines = 0, signals = 0;
    for (const LabelEvent& event : events_of(two_signals(40'000) + leak, 40'000)) {
        const bool line = std::abs(event.center_freq_hz - kTuned) < 2e3;
        ++(line ? lines : signals);
        EXPECT_EQ(event.note.view(), line ? kDcSpike : std::string_view());
        EXPECT_EQ(event.state == State::noise && event.confidence == 1.0f, line);
    }
    EXPECT_GE(lines, 1);
    EXPECT_GE(signals, 2);
}

TEST(WidebandScanner, FollowsTheStrongestOnly)
{
    SurveyConfig c = config();
    c.max_signals = 1;
    for (const LabelEvent& event : events_of(two_signals(40000), 40000, c))
        EXPECT_NEAR(event.center_freq_hz - kTuned, -11e3, 300.0);
}

TEST(WidebandScanner, ASignalThatEndsHasNoMoreEvents)
{
    Samples x = two_signals(60000);
    const Samples noise = white_noise(60000, 0.05, 3);
    std::copy(noise.begin() + 25000, noise.end(), x.begin() + 25000);
    const auto events = events_of(x, 60000);
    EXPECT_GE(events.size(), 4u + 3u);
    for (const LabelEvent& event : events)
        EXPECT_EQ(event.sample_start >= 30000, event.bandwidth_hz == kRate) << event.sample_start;
}

TEST(WidebandScanner, ForgetsItsTracksWhenTheReceiverIsRetuned)
{
    std::vector<LabelEvent> events;
    WidebandScanner survey(named("small"), config(), [&](const LabelEvent& event) { events.push_back(event); });
    const Samples first = two_signals(40000), second = white_noise(40000, 0.05, 3);
    survey.process(first.data(), first.size());
    survey.flush();
    const std::size_t before = events.size();
    survey.set_center_freq_hz(500e6);
    survey.process(second.data(), second.size());
    survey.flush();
    ASSERT_GT(events.size(), before);
    EXPECT_EQ(events[before].sample_start, first.size());
    for (std::size_t i = before; i < events.size(); ++i)
        EXPECT_EQ(events[i].center_freq_hz, 500e6);
}

TEST(WidebandScanner, GoesOverToAnotherModelBetweenTwoIntervals)
{
    std::vector<LabelEvent> events;
    WidebandScanner survey(named("first"), config(), [&](const LabelEvent& event) { events.push_back(event); });
    const Samples x = two_signals(60000);
    survey.process(x.data(), 15000);
    survey.set_model(named("second"));
    survey.process(x.data() + 15000, 45000);
    survey.flush();
    std::string last = "first";
    std::uint64_t next = 0;
    for (const LabelEvent& event : events) {
        const bool same_interval = event.sample_start != next;
        EXPECT_TRUE(!same_interval || event.model.view() == last) << event.sample_start;
        last = event.model.view();
        next = event.sample_start + event.sample_count;
    }
    EXPECT_EQ(events.front().model.view(), "first");
    EXPECT_EQ(last, "second");
    EXPECT_EQ(survey.stats().model_switches, 1u);
    EXPECT_TRUE(survey.revert_model());
}

TEST(WidebandScanner, EachSignalKeepsItsOwnLabel)
{
    // Noise and keyed tones, which change places half way: the bands stay, what is in them does not.
    const auto scene = [](double noise_at, double tones_at, std::uint64_t seed) {
        constexpr int kHalf = 60000;
        return band_noise(kHalf, noise_at, 0.08, 1.0, seed) + fsk(kHalf, tones_at, 0.04, 0.01, seed + 1) +
               white_noise(kHalf, 0.01, seed + 2);
    };
    Samples x = scene(-0.2, 0.2, 1);
    const Samples later = scene(0.2, -0.2, 4);
    x.insert(x.end(), later.begin(), later.end());
    using Labels = std::vector<std::string>;
    /// Of the lower and of the upper band, by a network of random weights that is never sure.
    const auto labels = [&](std::uint64_t seed, double hysteresis) {
        model::NewModel zoo;
        zoo.arch = "amr_s";
        zoo.front_end = small_network().info.front_end;
        zoo.labels = { "BPSK", "16QAM", "2FSK", "AM-DSB", "OFDM" };
        zoo.seed = seed;
        zoo.units_per_stage = { 1, 1, 1, 1 };
        model::Model model = model::make_model(zoo);
        model.info.decision.temperature = 20.0;
        model.info.decision.min_confidence = 0.0;
        model.info.decision.hysteresis = hysteresis;
        engine::Engine engine(model, {});
        std::array<Labels, 2> found;
        WidebandScanner survey({ model.info, std::move(engine) }, config(), [&](const LabelEvent& event) {
            found[event.center_freq_hz > kTuned].emplace_back(event.label.view());
        });
        survey.process(x.data(), x.size());
        survey.flush();
        return found;
    };
    int told_apart = 0;
    for (std::uint64_t seed = 1; seed <= 40 && told_apart == 0; ++seed) {
        const auto free = labels(seed, 0.0);
        if (free[0].front() == free[0].back() || free[1].front() == free[1].back() ||
            free[0].front() == free[1].front())
            continue; // this network does not tell the two apart
        ++told_apart;
        const auto held = labels(seed, 1.0);
        for (const int band : { 0, 1 })
            for (const auto& label : held[band])
                EXPECT_EQ(label, free[band].front()) << band;
    }
    EXPECT_EQ(told_apart, 1);
}

TEST(WidebandScanner, LiveInputSkipsDwellsWhenBehindAndFileInputNever)
{
    for (const bool live : { true, false }) {
        SurveyConfig c = config();
        c.stream.live = live;
        c.stream.max_lag_s = 0.02;
        c.stream.interval_s = 0.0; // a dwell
        FakeClock clock;
        c.stream.clock = &clock;
        WidebandScanner survey(named("small"), c, [&](const LabelEvent&) { clock.advance_s(0.06); });
        const Samples x = two_signals(40000);
        survey.process(x.data(), x.size());
        EXPECT_EQ(survey.stats().dropped_frames > 0, live);
        EXPECT_GE(survey.stats().events, 8u);
    }
}

TEST(WidebandScanner, RefusesWhatIsNotForASurvey)
{
    SurveyConfig c = config();
    c.stream.bursts = true;
    EXPECT_ERROR(check(c), "bursts");
    for (const int signals : { 0, 65 }) {
        c = config();
        c.max_signals = signals;
        EXPECT_ERROR(check(c), "max_signals");
    }
    c = config();
    c.stream.sample_rate_hz = -1.0;
    EXPECT_ERROR(check(c), "sample_rate_hz");
}

TEST(SurveyPlan, FollowsRateAndInterval)
{
    for (const double rate : { 1.0, 8e3, 100e3, 2.4e6, 20e6 })
        for (const double interval_s : { 0.0, 0.01, 0.1, 3.0 }) {
            const SurveyPlan plan = plan_survey(rate, static_cast<std::uint64_t>(interval_s * rate));
            const double dwell = static_cast<double>(plan.segments_per_dwell) * plan.hop();
            const double all = dwell * static_cast<double>(plan.dwells_per_interval);
            EXPECT_GE(plan.segments_per_dwell, 16);
            EXPECT_LE(dwell / rate, std::max(0.061, 32.0 * plan.hop() / rate)) << rate;
            EXPECT_GE(all, interval_s * rate - 1.0);
            const double wanted = interval_s > 0.0 ? interval_s : 0.04;
            EXPECT_LE(all, std::max(1.07 * wanted * rate, 16.0 * plan.hop())) << rate << ", " << interval_s;
        }
    EXPECT_EQ(plan_survey(2.4e6, 240000).nfft, 8192);
    EXPECT_EQ(plan_survey(20e6, 2000000).nfft, 16384);
}

TEST(TrackChannel, HoldsItsSignalAndNotTheNeighbor)
{
    constexpr int nfft = 512, segments = 20;
    const Samples x = band_noise(12000, -0.11, 0.10, 0.1, 1) + band_noise(12000, 0.02, 0.10, 10.0, 2) +
                      white_noise(12000, 1e-4, 3);
    dsp::SlidingTransform transform(nfft);
    dsp::DwellSpectrum spectrum(nfft);
    dsp::BandDetector detector(nfft);
    dsp::BandTracker tracker({});
    dsp::ChannelBank bank(nfft);
    std::vector<std::complex<float>> transformed(static_cast<std::size_t>(segments) * nfft);
    std::size_t done = 0;
    const auto next = [&](std::complex<float>* to) {
        while (!transform.is_full())
            done += transform.add(x.data() + done, x.size() - done);
        transform.transform(to);
    };
    next(transformed.data()); // holds zeros
    for (int s = 0; s < segments; ++s) {
        next(&transformed[static_cast<std::size_t>(s) * nfft]);
        spectrum.add(&transformed[static_cast<std::size_t>(s) * nfft]);
    }
    detector.detect(spectrum.finish());
    tracker.update(detector.bands(), detector.count());
    ASSERT_EQ(tracker.count(), 2);
    const Dwell dwell{ transformed.data(), segments, nfft, 1, detector };
    TrackChannel channel(nfft, 32768);
    channel.add(dwell, tracker.tracks()[0], 0.5, bank, 32768, 1024);
    channel.end_piece();
    double power = 0.0;
    int count = 0, blocks = 0;
    channel.for_each_block(1024, 128, [&](const std::complex<float>* y, int n) {
        for (int i = 0; i < n; ++i)
            power += static_cast<double>(std::norm(y[i]));
        count += n;
        ++blocks;
    });
    EXPECT_NEAR(channel.center(), -0.11, 0.005);
    EXPECT_GT(channel.rate(), 0.18);
    EXPECT_LT(channel.rate(), 0.35);
    EXPECT_EQ(count, static_cast<int>(std::lround(segments * nfft / 2 * channel.rate())));
    EXPECT_EQ(blocks, (count + 1023) / 1024);
    EXPECT_NEAR(power / count, 0.1, 0.015);
}

TEST(WidebandScanner, OutlivesSamplesBeyondAllScales)
{
    for (const float amplitude : { 0.0f, 1e-30f, 1e25f, 3e38f, std::numeric_limits<float>::quiet_NaN() }) {
        Samples x = two_signals(20000);
        for (auto& sample : x)
            sample *= amplitude;
        const auto events = events_of(x, 20000);
        EXPECT_GE(events.size(), 2u) << amplitude;
        for (const LabelEvent& event : events)
            EXPECT_TRUE(std::isfinite(event.center_freq_hz) && std::isfinite(event.bandwidth_hz)) << amplitude;
    }
}
