// SPDX-License-Identifier: GPL-3.0-or-later
// When an interval was and where it was tuned to, and what becomes of samples that are late or missing.
#include "prunedamr/stream/signal_classifier.h"
#include "tests/dsp/signals.h"
#include "tests/stream/signal_classifier_testing.h"
#include "tests/stream/small_network.h"
#include "tests/support/fake_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

TEST(SignalClassifier, NewTuningCountsFromTheNextInterval)
{
    std::vector<double> centers;
    SignalClassifier classifier(small_network(FrontEndSpec::Kind::as_is), config(2 * kBlock),
                                [&](const LabelEvent& e) { centers.push_back(e.center_freq_hz); });
    const Samples x = white_noise(2 * kBlock, 0.1, 6);
    classifier.set_center_freq_hz(10e6);
    classifier.process(x.data(), kBlock);
    classifier.set_center_freq_hz(20e6);
    classifier.process(x.data(), kBlock);
    classifier.process(x.data(), 2 * kBlock);
    EXPECT_EQ(centers, (std::vector<double>{ 10e6, 20e6 }));
}

TEST(SignalClassifier, AnIntervalKeepsTheClockAndTuningOfItsFirstSample)
{
    std::vector<LabelEvent> events;
    auto c = config(2 * kBlock);
    c.sample_rate_hz = 1e6;
    SignalClassifier classifier(small_network(), c, [&](const LabelEvent& e) { events.push_back(e); });
    const Samples x(3 * kBlock);
    classifier.set_time(0, 5'000'000'000, TimeSource::hw);
    classifier.process(x.data(), kBlock);
    classifier.set_time(kBlock, 9'000'000'000, TimeSource::system); // samples were lost: the clock jumps
    classifier.set_center_freq_hz(100e6);
    classifier.process(x.data(), 3 * kBlock);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].time_ns, 5'000'000'000);
    EXPECT_EQ(events[0].time_source, TimeSource::hw);
    EXPECT_EQ(events[0].center_freq_hz, c.center_freq_hz);
    EXPECT_EQ(events[1].time_ns, 9'000'000'000 + kBlock * 1000);
    EXPECT_EQ(events[1].time_source, TimeSource::system);
    EXPECT_EQ(events[1].center_freq_hz, 100e6);
}

TEST(SignalClassifier, LiveInputSkipsBlocksWhenBehindAndFileInputNever)
{
    for (const bool live : { true, false }) {
        ClassifierConfig c = config();
        c.live = live;
        c.max_lag_s = 0.005;
        FakeClock clock;
        c.clock = &clock;
        std::vector<LabelEvent> events;
        int blocks = 0;
        SignalClassifier classifier(small_network(), c, [&](const LabelEvent& e) { events.push_back(e); });
        classifier.on_block([&](std::uint64_t, std::uint64_t count) {
            EXPECT_EQ(count, static_cast<std::uint64_t>(kBlock));
            ++blocks;
            clock.advance_s(0.003); // a block lasts 1.024 ms
        });
        const Samples x = white_noise(64 * kBlock, 0.1, 9);
        classifier.process(x.data(), x.size());
        ASSERT_EQ(events.size(), 64u);
        EXPECT_EQ(classifier.stats().dropped_frames, static_cast<std::uint64_t>(64 - blocks) * 8u);
        if (!live) {
            EXPECT_EQ(blocks, 64);
            continue;
        }
        EXPECT_GT(blocks, 8);
        EXPECT_LT(blocks, 35);
        EXPECT_EQ(classifier.stats().unanswered_events, 0u); // dropped is not failed
        EXPECT_NEAR(classifier.stats().busy_s, 0.003 * blocks, 1e-9);
        EXPECT_EQ(events.back().seq, 63u);
        EXPECT_EQ(events.back().dropped_frames, classifier.stats().dropped_frames);
        const auto skipped = std::find_if(events.begin(), events.end(), [](const LabelEvent& e) {
            return e.state == State::unknown && !e.top_count;
        });
        ASSERT_NE(skipped, events.end());
        EXPECT_TRUE(std::isnan(skipped->power_dbfs));
    }
}

TEST(SignalClassifier, CountsOverflowsAndTakesSystemTimeByDefault)
{
    std::vector<LabelEvent> events;
    FakeClock clock;
    ClassifierConfig c = config();
    c.clock = &clock;
    SignalClassifier classifier(small_network(), c, [&](const LabelEvent& e) { events.push_back(e); });
    classifier.count_overflow();
    clock.advance_s(7.5);
    const Samples x = white_noise(kBlock, 0.1, 10);
    classifier.process(x.data(), x.size());
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].overflows, 1u);
    EXPECT_EQ(events[0].time_source, TimeSource::system);
    EXPECT_EQ(events[0].time_ns, clock.system_ns());
}

TEST(SignalClassifier, AGapInLiveInputIsCountedCutsTheIntervalAndLeavesTheTimeRight)
{
    std::vector<LabelEvent> events;
    FakeClock clock;
    ClassifierConfig c = config(100 * kBlock);
    c.clock = &clock;
    c.live = true;
    SignalClassifier classifier(small_network(), c, [&](const LabelEvent& e) { events.push_back(e); });
    const auto begin_ns = clock.system_ns();
    const Samples x = white_noise(400'000, 0.1, 10);
    const auto play = [&] {
        for (std::size_t at = 0; at < x.size(); at += 10'000) {
            clock.advance_s(0.01);
            classifier.process(x.data() + at, 10'000);
        }
    };
    play(); // 0.4 s
    clock.advance_s(6.0);
    play();
    classifier.flush();
    std::uint64_t next = 0;
    for (const LabelEvent& e : events) {
        EXPECT_EQ(e.sample_start, next);
        next += e.sample_count;
        const bool after = e.sample_start >= x.size();
        EXPECT_TRUE(after || next <= x.size()) << e.sample_start;
        const double expected_s = 1e-6 * static_cast<double>(e.sample_start) + (after ? 6.0 : 0.0);
        EXPECT_NEAR(1e-9 * static_cast<double>(e.time_ns - begin_ns), expected_s, 1e-3);
        EXPECT_EQ(e.time_source, TimeSource::system);
        EXPECT_EQ(e.overflows, after ? 1u : 0u);
    }
    EXPECT_EQ(next, 2 * x.size());
}

TEST(SignalClassifier, TimeThatIsSetIsCountedOnWhateverTheArrivals)
{
    std::vector<LabelEvent> events;
    FakeClock clock;
    ClassifierConfig c = config();
    c.clock = &clock;
    c.live = true;
    SignalClassifier classifier(small_network(), c, [&](const LabelEvent& e) { events.push_back(e); });
    const Samples x = white_noise(kBlock, 0.1, 10);
    classifier.set_time(0, 5'000'000'000, TimeSource::hw);
    classifier.process(x.data(), x.size());
    clock.advance_s(10.0);
    classifier.process(x.data(), x.size());
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[1].time_ns, 5'000'000'000 + kBlock * 1000);
    EXPECT_EQ(events[1].overflows, 0u);
}

TEST(SignalClassifier, TakesTheTimeOfThisComputerWhereNoClockIsGiven)
{
    std::vector<LabelEvent> events;
    SignalClassifier classifier(small_network(), config(), [&](const LabelEvent& e) { events.push_back(e); });
    const auto before = real_clock().system_ns();
    const Samples x = white_noise(kBlock, 0.1, 10);
    classifier.process(x.data(), x.size());
    ASSERT_EQ(events.size(), 1u);
    EXPECT_GE(events[0].time_ns, before);
    EXPECT_LE(events[0].time_ns, real_clock().system_ns());
}
