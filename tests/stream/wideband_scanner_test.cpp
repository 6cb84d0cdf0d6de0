// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/stream/wideband_scanner_testing.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

TEST(WidebandScanner, WhatLastsHasAnEventPerIntervalWithItsBand)
{
    const auto events = events_of(two_signals(4 * kEpoch), 60000);
    ASSERT_EQ(events.size(), 8u);
    EXPECT_GT(events[0].track, 0u);
    EXPECT_NE(events[0].track, events[1].track);
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
        EXPECT_EQ(event.track, events[i % 2].track) << i;
        EXPECT_FALSE(event.is_whole) << i;
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
    std::set<std::uint64_t> tracks = { 0 };
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(events[i].sample_start), static_cast<double>(bursts[i].start), 250.0);
        EXPECT_NEAR(static_cast<double>(events[i].sample_count), static_cast<double>(bursts[i].count), 400.0);
        EXPECT_EQ(events[i].time_ns, std::llround(1e9 * static_cast<double>(events[i].sample_start) / kRate));
        EXPECT_NEAR(events[i].center_freq_hz - kTuned, 0.15 * kRate, 0.02 * kRate);
        EXPECT_GT(events[i].top_count, 0);
        EXPECT_TRUE(events[i].is_whole) << i;
        EXPECT_TRUE(tracks.insert(events[i].track).second) << i;
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
    EXPECT_EQ(events[1].track, events[0].track);
    EXPECT_FALSE(events[0].is_whole || events[1].is_whole);
    EXPECT_EQ(events.back().track, 0u);
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
