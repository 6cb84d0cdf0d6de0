// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/wideband_scanner.h"

#include "tests/support/expect_error.h"
#include "prunedamr/stream/emission_samples.h"
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

constexpr double kRate = 16e3;
constexpr double kTuned = 433e6;
constexpr std::size_t kEpoch = 16384; // of the detector at this rate

Model named(const std::string& name)
{
    model::Model model = small_network();
    model.info.name = name;
    engine::EngineConfig config;
    config.max_batch = 5;
    engine::Engine engine(model, config);
    return { std::move(model.info), std::move(engine) };
}

ClassifierConfig config()
{
    ClassifierConfig config;
    config.sample_rate_hz = kRate;
    config.center_freq_hz = kTuned;
    config.measure = false; // the network is one of random weights
    return config;
}

/// What a scanner says of the samples, given in chunks.
std::vector<LabelEvent> events_of(const Samples& x, std::size_t chunk, const ClassifierConfig& c = config())
{
    std::vector<LabelEvent> events;
    WidebandScanner scanner(named("small"), c, [&](const LabelEvent& event) { events.push_back(event); });
    scanner.set_time(0, 0, TimeSource::file);
    for (std::size_t i = 0; i < x.size(); i += chunk)
        scanner.process(x.data() + i, std::min(chunk, x.size() - i));
    scanner.flush();
    return events;
}

Samples two_signals(int count)
{
    return band_noise(count, -0.11, 0.10, 1.0, 1) + band_noise(count, 0.2, 0.05, 0.2, 2) +
           white_noise(count, 0.05, 3);
}

} // namespace

TEST(WidebandScanner, WhatLastsHasAnEventPerIntervalWithItsBand)
{
    const auto events = events_of(two_signals(4 * kEpoch), 60000);
    ASSERT_EQ(events.size(), 8u);
    for (std::size_t i = 0; i < events.size(); ++i) {
        const LabelEvent& event = events[i];
        const bool lower = i % 2 == 0;
        EXPECT_EQ(event.seq, i);
        EXPECT_EQ(event.sample_start, i / 2 * kEpoch);
        EXPECT_EQ(event.sample_count, kEpoch);
        EXPECT_EQ(event.sample_rate_hz, kRate);
        EXPECT_NEAR(event.center_freq_hz - kTuned, (lower ? -0.11 : 0.2) * kRate, 0.005 * kRate) << i;
        EXPECT_NEAR(event.bandwidth_hz, (lower ? 0.10 : 0.05) * kRate, 0.012 * kRate) << i;
        EXPECT_NEAR(event.snr_db, lower ? 23.0f : 19.0f, 2.0f) << i;
        EXPECT_NEAR(event.power_dbfs, lower ? 0.1f : -6.8f, 1.0f) << i;
        EXPECT_GT(event.top_count, 0);
    }
}

TEST(WidebandScanner, AnIntervalHasWholeEpochs)
{
    ClassifierConfig c = config();
    c.interval_s = 1.5 * kEpoch / kRate;
    const auto events = events_of(two_signals(5 * kEpoch), 60000, c);
    ASSERT_EQ(events.size(), 6u);
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].sample_start, i / 2 * 2 * kEpoch);
        EXPECT_EQ(events[i].sample_count, i < 4 ? 2 * kEpoch : kEpoch);
    }
}

TEST(WidebandScanner, ABurstIsOneEventFromItsStartToItsEnd)
{
    Samples x = white_noise(4 * kEpoch, 0.001, 3);
    const Samples signal = fsk(4 * kEpoch, 0.15, 0.06, 0.02, 2);
    struct Burst {
        std::size_t start, count;
    };
    const std::vector<Burst> bursts = { { 3000, 2000 }, { 9000, 2000 }, { 15000, 3000 }, { 2 * kEpoch - 900, 2000 },
                                        { 3 * kEpoch + 5000, 2000 } }; // the third and the fourth lie in two epochs
    for (const Burst& burst : bursts)
        for (std::size_t i = burst.start; i < burst.start + burst.count; ++i)
            x[i] += signal[i];
    const auto events = events_of(x, 5000);
    ASSERT_EQ(events.size(), bursts.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(events[i].sample_start), static_cast<double>(bursts[i].start), 250.0);
        EXPECT_NEAR(static_cast<double>(events[i].sample_count), static_cast<double>(bursts[i].count), 400.0);
        EXPECT_EQ(events[i].time_ns, std::llround(1e9 * static_cast<double>(events[i].sample_start) / kRate));
        EXPECT_NEAR(events[i].center_freq_hz - kTuned, 0.15 * kRate, 0.02 * kRate);
        EXPECT_GT(events[i].top_count, 0);
    }
}

TEST(WidebandScanner, WhatBeginsLateIsDecidedWhenAnIntervalIsFull)
{
    Samples x = white_noise(4 * kEpoch, 0.001, 3);
    const Samples signal = band_noise(4 * kEpoch, -0.2, 0.1, 1.0, 2);
    for (std::size_t i = kEpoch / 2; i < 3 * kEpoch; ++i)
        x[i] += signal[i];
    const auto events = events_of(x, 5000);
    ASSERT_GE(events.size(), 2u);
    EXPECT_NEAR(static_cast<double>(events[0].sample_start), 0.5 * kEpoch, 300.0);
    EXPECT_EQ(events[0].sample_start + events[0].sample_count, 2 * kEpoch);
    EXPECT_EQ(events[1].sample_start, 2 * kEpoch);
    EXPECT_NEAR(static_cast<double>(events[1].sample_count), kEpoch, 300.0);
    EXPECT_EQ(events.back().state, State::noise); // the last epoch
    EXPECT_EQ(events.back().sample_start, 3 * kEpoch);
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
    const auto events = events_of(white_noise(3 * kEpoch, 0.01, 5), 40000);
    ASSERT_EQ(events.size(), 3u);
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
    ClassifierConfig c = config();
    FakeClock clock;
    c.clock = &clock;
    c.live = true;
    std::vector<LabelEvent> events;
    WidebandScanner scanner(named("small"), c, [&](const LabelEvent& event) { events.push_back(event); });
    const auto begin_ns = clock.system_ns();
    const Samples x = two_signals(65'000);
    for (std::size_t at = 0; at < x.size(); at += 1000) {
        if (at == 25'000)
            clock.advance_s(6.0);
        clock.advance_s(1000 / kRate);
        scanner.process(x.data() + at, 1000);
    }
    scanner.flush();
    std::size_t after_gap = 0;
    for (const LabelEvent& event : events) {
        const bool after = event.sample_start >= 25'000;
        EXPECT_TRUE(after || event.sample_start + event.sample_count <= 25'000) << event.sample_start;
        EXPECT_LT(event.bandwidth_hz, 0.2 * kRate) << event.sample_start;
        EXPECT_NEAR(1e-9 * static_cast<double>(event.time_ns - begin_ns),
                    static_cast<double>(event.sample_start) / kRate + (after ? 6.0 : 0.0), 0.02);
        after_gap += after;
    }
    EXPECT_GE(after_gap, 4u);
    EXPECT_EQ(events.back().overflows, 1u);
}

TEST(WidebandScanner, ALineAtTheTunedFrequencyIsTheReceiversOwn)
{
    const Samples leak(3 * kEpoch, { 0.5f, -0.2f });
    const auto alone = events_of(leak + white_noise(3 * kEpoch, 0.01, 5), 40'000);
    ASSERT_FALSE(alone.empty());
    for (const LabelEvent& event : alone) {
        EXPECT_EQ(event.state, State::noise);
        EXPECT_EQ(event.note.view(), kDcSpike);
    }
    int signals = 0;
    for (const LabelEvent& event : events_of(two_signals(3 * kEpoch) + leak, 40'000)) {
        const bool line = std::abs(event.center_freq_hz - kTuned) < 0.02 * kRate;
        signals += !line;
        EXPECT_EQ(event.note.view(), line ? kDcSpike : std::string_view());
        EXPECT_EQ(event.state == State::noise && event.confidence == 1.0f, line);
    }
    EXPECT_GE(signals, 6);
}

TEST(WidebandScanner, ASignalThatEndsHasNoMoreEvents)
{
    Samples x = two_signals(6 * kEpoch);
    const Samples noise = white_noise(6 * kEpoch, 0.05, 3);
    std::copy(noise.begin() + 5 * kEpoch / 2, noise.end(), x.begin() + 5 * kEpoch / 2);
    const auto events = events_of(x, 60000);
    ASSERT_EQ(events.size(), 6u + 3u);
    for (const LabelEvent& event : events)
        EXPECT_EQ(event.sample_start >= 3 * kEpoch, event.bandwidth_hz == kRate) << event.sample_start;
}

TEST(WidebandScanner, TheReceiversFrequencyHoldsForWhatItWasTunedTo)
{
    std::vector<LabelEvent> events;
    WidebandScanner scanner(named("small"), config(), [&](const LabelEvent& event) { events.push_back(event); });
    const Samples first = two_signals(40000), second = two_signals(40000);
    scanner.process(first.data(), first.size());
    scanner.flush();
    const std::size_t before = events.size();
    scanner.set_center_freq_hz(500e6);
    scanner.process(second.data(), second.size());
    scanner.flush();
    ASSERT_GT(events.size(), before);
    EXPECT_EQ(events[before].sample_start, first.size());
    for (std::size_t i = 0; i < events.size(); ++i)
        EXPECT_NEAR(events[i].center_freq_hz, i < before ? kTuned : 500e6, 0.3 * kRate);
}

TEST(WidebandScanner, ARetuneEndsTheEpoch)
{
    std::vector<LabelEvent> events;
    WidebandScanner scanner(named("small"), config(), [&](const LabelEvent& event) { events.push_back(event); });
    const Samples x = two_signals(4 * kEpoch);
    scanner.process(x.data(), kEpoch + 5000);
    scanner.set_center_freq_hz(500e6); // from the third epoch on
    scanner.process(x.data() + kEpoch + 5000, x.size() - kEpoch - 5000);
    scanner.flush();
    ASSERT_EQ(events.size(), 8u);
    for (const LabelEvent& event : events)
        EXPECT_NEAR(event.center_freq_hz, event.sample_start < 2 * kEpoch ? kTuned : 500e6, 0.3 * kRate);
}

TEST(WidebandScanner, GoesOverToAnotherModelBetweenTwoIntervals)
{
    std::vector<LabelEvent> events;
    WidebandScanner scanner(named("first"), config(), [&](const LabelEvent& event) { events.push_back(event); });
    const Samples x = two_signals(4 * kEpoch);
    scanner.process(x.data(), 15000);
    scanner.set_model(named("second"));
    scanner.process(x.data() + 15000, x.size() - 15000);
    scanner.flush();
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
    EXPECT_EQ(scanner.stats().model_switches, 1u);
    EXPECT_TRUE(scanner.revert_model());
}

TEST(WidebandScanner, EachSignalKeepsItsOwnLabel)
{
    // Noise and keyed tones, which change places half way: the bands stay, what is in them does not.
    const auto scene = [](double noise_at, double tones_at, std::uint64_t seed) {
        constexpr int kHalf = 2 * kEpoch;
        return band_noise(kHalf, noise_at, 0.08, 1.0, seed) + fsk(kHalf, tones_at, 0.06, 0.004, seed + 1) +
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
        WidebandScanner scanner({ model.info, std::move(engine) }, config(), [&](const LabelEvent& event) {
            found[event.center_freq_hz > kTuned].emplace_back(event.label.view());
        });
        scanner.process(x.data(), x.size());
        scanner.flush();
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

TEST(WidebandScanner, LiveInputSkipsEpochsWhenBehindAndFileInputNever)
{
    for (const bool live : { true, false }) {
        ClassifierConfig c = config();
        c.live = live;
        c.max_lag_s = 0.5;
        FakeClock clock;
        c.clock = &clock;
        int lost = 0;
        WidebandScanner scanner(named("small"), c, [&](const LabelEvent& event) {
            clock.advance_s(1.0); // two of them in an epoch of 1.02 s
            lost += event.state == State::unknown && std::isnan(event.power_dbfs);
        });
        const Samples x = two_signals(10 * kEpoch);
        scanner.process(x.data(), x.size());
        scanner.flush();
        EXPECT_EQ(scanner.stats().dropped_frames > 0, live);
        EXPECT_EQ(lost > 0, live);
        EXPECT_GE(scanner.stats().events, 8u);
    }
}

TEST(WidebandScanner, WhatIsCutCostsNoMoreThanItLasts)
{
    for (const bool is_retuned : { true, false }) {
        ClassifierConfig c = config();
        c.live = true;
        c.max_lag_s = 0.5;
        FakeClock clock;
        c.clock = &clock;
        WidebandScanner scanner(named("small"), c, [&](const LabelEvent&) { clock.advance_s(0.3); });
        scanner.set_time(0, 0, TimeSource::file);
        const Samples x = two_signals(10 * kEpoch); // 0.6 s of work in each epoch of 1.02 s
        for (std::size_t at = 0; at < x.size(); at += kEpoch) {
            if (at < 8 * kEpoch && is_retuned)
                scanner.set_center_freq_hz(kTuned + static_cast<double>(at));
            scanner.process(x.data() + at, kEpoch);
            if (at < 8 * kEpoch && !is_retuned)
                scanner.cut();
        }
        scanner.flush();
        EXPECT_EQ(scanner.stats().dropped_frames, 0u) << is_retuned;
    }
}

TEST(WidebandScanner, RefusesAConfigurationOutOfRange)
{
    ClassifierConfig c = config();
    c.sample_rate_hz = -1.0;
    EXPECT_ERROR(check(c), "sample_rate_hz");
    EXPECT_ERROR(WidebandScanner(named("small"), c, [](const LabelEvent&) {}), "sample_rate_hz");
}

TEST(WidebandScanner, AnyRateWillDo)
{
    Samples x = two_signals(2 * kEpoch);
    for (const double rate : { 0.01, 50.0, 16e3 }) {
        ClassifierConfig c = config();
        c.sample_rate_hz = rate;
        const auto events = events_of(x, x.size(), c);
        ASSERT_EQ(events.size(), 4u) << rate;
        EXPECT_NEAR(events[0].center_freq_hz - kTuned, -0.11 * rate, 0.01 * rate);
    }
}

TEST(EmissionSamples, HoldTheirEmissionAndNotTheNeighbor)
{
    const Samples x = band_noise(12000, -0.11, 0.10, 0.1, 1) + band_noise(12000, 0.02, 0.10, 10.0, 2) +
                      white_noise(12000, 1e-4, 3);
    EmissionPart part;
    part.start = 1000;
    part.end = 11000;
    part.low = -0.16;
    part.high = -0.06;
    part.density = 100.0;
    part.limit_high = -0.03;
    dsp::BandExtractor extractor;
    EmissionSamples emission;
    emission.clear(part.start);
    emission.add(part);
    emission.cut(part, {}, { x.data(), x.size(), 0 }, extractor);
    double power = 0.0;
    int count = 0, blocks = 0;
    emission.for_each_block(1024, 128, [&](const std::complex<float>* y, int n) {
        for (int i = 0; i < n; ++i)
            power += static_cast<double>(std::norm(y[i]));
        count += n;
        ++blocks;
    });
    EXPECT_NEAR(emission.center(), -0.11, 0.005);
    EXPECT_GE(emission.rate(), 0.2);
    EXPECT_LT(emission.rate(), 0.35);
    EXPECT_EQ(count, static_cast<int>(std::ceil(10000 * emission.rate())));
    EXPECT_EQ(blocks, (count + 1023) / 1024);
    EXPECT_NEAR(power / count, 0.1, 0.015);
    EXPECT_NEAR(emission.snr_db(), 20.0f, 0.01f);
}

TEST(EmissionSamples, PartsJoinAndAShortOneIsCutFiner)
{
    const Samples x = white_noise(40000, 1.0, 1);
    dsp::BandExtractor extractor;
    const auto cut = [&](std::initializer_list<std::size_t> ends, std::size_t start) {
        EmissionSamples emission;
        emission.clear(start);
        for (const std::size_t end : ends) {
            EmissionPart part;
            part.start = start;
            part.end = end;
            part.low = 0.1;
            part.high = 0.11;
            part.density = 10.0;
            emission.add(part);
            EmissionSamples::Cut how;
            how.goes_on = end != 30000;
            const std::size_t there = std::min(x.size(), end + 100);
            emission.cut(part, how, { x.data(), there, 0 }, extractor);
            start = end;
        }
        return Samples(emission.samples(), emission.samples() + emission.count());
    };
    const Samples whole = cut({ 30000 }, 1000), parts = cut({ 9000, 20000, 30000 }, 1000);
    ASSERT_EQ(parts.size(), whole.size());
    for (std::size_t i = 0; i < parts.size(); ++i)
        EXPECT_LT(std::abs(parts[i] - whole[i]), 1e-3f) << i;
    EmissionSamples burst;
    EmissionPart part;
    part.start = 1000;
    part.end = 1500;
    part.low = 0.1;
    part.high = 0.11;
    part.density = 10.0;
    EmissionSamples::Cut how;
    how.least_samples = 256;
    burst.clear(part.start);
    burst.add(part);
    burst.cut(part, how, { x.data(), x.size(), 0 }, extractor);
    EXPECT_GE(burst.count(), 256);
}

TEST(WidebandScanner, OutlivesSamplesBeyondAllScales)
{
    for (const float amplitude : { 0.0f, 1e-30f, 1e25f, 3e38f, std::numeric_limits<float>::quiet_NaN() }) {
        Samples x = two_signals(2 * kEpoch);
        for (auto& sample : x)
            sample *= amplitude;
        const auto events = events_of(x, 20000);
        EXPECT_GE(events.size(), 2u) << amplitude;
        for (const LabelEvent& event : events)
            EXPECT_TRUE(std::isfinite(event.center_freq_hz) && std::isfinite(event.bandwidth_hz)) << amplitude;
    }
}
