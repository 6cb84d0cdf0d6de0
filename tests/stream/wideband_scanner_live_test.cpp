// SPDX-License-Identifier: GPL-3.0-or-later
// What comes in while a scanner runs: gaps, retunes, other models, more samples than it can take.
#include "tests/stream/wideband_scanner_testing.h"
#include "tests/support/fake_clock.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

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
    std::array<std::uint64_t, 2> tracks{}; // of the lower and the upper band
    for (const LabelEvent& event : events) {
        const bool after = event.sample_start >= 25'000;
        EXPECT_TRUE(after || event.sample_start + event.sample_count <= 25'000) << event.sample_start;
        EXPECT_LT(event.bandwidth_hz, 0.2 * kRate) << event.sample_start;
        EXPECT_NEAR(1e-9 * static_cast<double>(event.time_ns - begin_ns),
                    static_cast<double>(event.sample_start) / kRate + (after ? 6.0 : 0.0), 0.02);
        after_gap += after;
        std::uint64_t& track = tracks[event.center_freq_hz > kTuned];
        track = track ? track : event.track;
        EXPECT_EQ(event.track, track) << event.sample_start;
    }
    EXPECT_GE(after_gap, 4u);
    EXPECT_NE(tracks[0], tracks[1]);
    EXPECT_EQ(events.back().overflows, 1u);
}

TEST(WidebandScanner, ASignalKeepsItsTrackOverSeveralGapsInAnEpoch)
{
    std::vector<LabelEvent> events;
    WidebandScanner scanner(named("small"), config(), [&](const LabelEvent& event) { events.push_back(event); });
    const Samples x = two_signals(4 * kEpoch);
    std::size_t at = 0;
    for (const std::size_t count : { std::size_t{ 6000 }, std::size_t{ 6000 }, std::size_t{ 7000 }, std::size_t{ 500 }, 2 * kEpoch }) {
        scanner.process(x.data() + at, count);
        scanner.cut();
        at += count;
    }
    scanner.flush();
    std::array<std::vector<std::uint64_t>, 2> tracks; // of the lower and the upper band
    for (const LabelEvent& event : events)
        if (event.bandwidth_hz < 0.2 * kRate)
            tracks[event.center_freq_hz > kTuned].push_back(event.track);
    for (const auto& band : tracks) {
        EXPECT_GE(band.size(), 5u);
        for (const std::uint64_t track : band)
            EXPECT_EQ(track, band.front());
    }
    EXPECT_NE(tracks[0].front(), tracks[1].front());
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

TEST(WidebandScanner, MeasuresNothingWhileItIsLate)
{
    for (const bool live : { true, false }) {
        ClassifierConfig c = config();
        c.live = live;
        c.measure = true;
        c.max_lag_s = 1.0;
        FakeClock clock;
        c.clock = &clock;
        std::array<int, 3> measured{}; // events of each epoch with a number
        WidebandScanner scanner(named("small"), c, [&](const LabelEvent& event) {
            if (event.seq == 0)
                clock.advance_s(1.8); // of an epoch of 1.02 s: late in the second one, but not too late, nor in the third
            measured[event.sample_start / kEpoch] += event.measured[measure::Quantity::carrier_hz].has_value();
        });
        scanner.set_time(0, 0, TimeSource::file);
        const Samples x = white_noise(3 * kEpoch, 0.001, 3) + fsk(3 * kEpoch, 0.15, 0.06, 0.02, 2);
        scanner.process(x.data(), x.size());
        scanner.flush();
        EXPECT_EQ(scanner.stats().dropped_frames, 0u);
        EXPECT_GT(measured[0], 0);
        EXPECT_EQ(measured[1] > 0, !live);
        EXPECT_GT(measured[2], 0);
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
