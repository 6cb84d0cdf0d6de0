// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dsp/signals.h"
#include "prunedamr/stream/burst_segmenter.h"
#include "prunedamr/stream/signal_classifier.h"
#include "tests/stream/small_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

namespace {

constexpr double kRate = 1e6;
constexpr std::size_t kGap = 1600; // 16 windows of 100 samples

struct Burst {
    std::size_t start, count;
};

/// Noise of power 1e-3 with bursts 20 dB above it.
Samples with_bursts(std::size_t count, const std::vector<Burst>& bursts)
{
    Samples x = white_noise(static_cast<int>(count), 1e-3, 1);
    const Samples signal = band_noise(static_cast<int>(count), 0.1, 0.2, 0.1, 2);
    for (const Burst& burst : bursts)
        for (std::size_t i = burst.start; i < burst.start + burst.count; ++i)
            x[i] += signal[i];
    return x;
}

/// Where the segmenter cuts, with pieces of `chunk` samples; checks that every sample is consumed once, in order.
std::vector<std::size_t> cuts_of(const Samples& x, std::size_t chunk, std::size_t gap = kGap)
{
    BurstSegmenter segmenter(gap, 6.0, 100000);
    std::vector<std::size_t> cuts;
    std::size_t consumed = 0;
    const auto consume = [&](const std::complex<float>* samples, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            EXPECT_EQ(samples[i], x[consumed + i]);
        consumed += count;
    };
    for (std::size_t at = 0; at < x.size(); at += chunk)
        segmenter.process(x.data() + at, std::min(chunk, x.size() - at), consume,
                          [&] { cuts.push_back(consumed); });
    segmenter.flush(consume);
    EXPECT_EQ(consumed, x.size());
    return cuts;
}

ClassifierConfig config(std::uint64_t interval)
{
    ClassifierConfig config;
    config.sample_rate_hz = kRate;
    config.interval_s = static_cast<double>(interval) / config.sample_rate_hz;
    config.bursts = true;
    config.burst_gap_s = kGap / kRate;
    config.max_burst_s = 0.02;
    return config;
}

std::vector<LabelEvent> events_of(const Samples& x, const ClassifierConfig& config, std::size_t chunk)
{
    std::vector<LabelEvent> events;
    SignalClassifier classifier(small_network(), config, [&](const LabelEvent& e) { events.push_back(e); });
    for (std::size_t at = 0; at < x.size(); at += chunk)
        classifier.process(x.data() + at, std::min(chunk, x.size() - at));
    classifier.flush();
    return events;
}

} // namespace

TEST(BurstSegmenter, CutsWhereThePowerRisesAndFalls)
{
    const std::vector<Burst> bursts = { { 10000, 5000 }, { 20050, 333 }, { 30000, 9999 } };
    const Samples x = with_bursts(60000, bursts);
    const auto cuts = cuts_of(x, 60000);
    ASSERT_EQ(cuts.size(), 2 * bursts.size());
    for (std::size_t i = 0; i < bursts.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(cuts[2 * i]), static_cast<double>(bursts[i].start), 200) << i;
        EXPECT_NEAR(static_cast<double>(cuts[2 * i + 1]), static_cast<double>(bursts[i].start + bursts[i].count),
                    100)
            << i;
    }
    for (const std::size_t chunk : { 1, 7, 1000, 4096 })
        EXPECT_EQ(cuts_of(x, chunk), cuts);
}

TEST(BurstSegmenter, APauseShorterThanTheGapIsPartOfTheBurst)
{
    EXPECT_EQ(cuts_of(with_bursts(30000, { { 10000, 3000 }, { 14200, 3000 } }), 30000).size(), 2u);
    EXPECT_EQ(cuts_of(with_bursts(30000, { { 10000, 3000 }, { 14900, 3000 } }), 30000).size(), 4u);
}

TEST(BurstSegmenter, PacketsOfAFewHundredSamplesAreToldApart)
{
    // As radar transponders send them, at two samples per microsecond: 120 us, and 20 us later the next.
    const std::vector<Burst> packets = { { 10000, 240 }, { 10280, 240 }, { 10560, 240 } };
    const auto cuts = cuts_of(with_bursts(12000, packets), 12000, 24);
    ASSERT_EQ(cuts.size(), 6u);
    for (std::size_t i = 0; i < packets.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(cuts[2 * i]), static_cast<double>(packets[i].start), 32);
        EXPECT_NEAR(static_cast<double>(cuts[2 * i + 1]), static_cast<double>(packets[i].start + 240), 16);
    }
}

TEST(BurstSegmenter, FindsTheFloorAfterAStartWithinABurst)
{
    const auto cuts = cuts_of(with_bursts(40000, { { 0, 9000 }, { 20000, 5000 } }), 40000);
    ASSERT_EQ(cuts.size(), 2u);
    EXPECT_NEAR(static_cast<double>(cuts[0]), 20000, 200);
}

TEST(BurstSegmenter, SteadySignalsAndSilenceAreNotCut)
{
    EXPECT_TRUE(cuts_of(with_bursts(50000, { { 0, 50000 } }), 50000).empty());
    EXPECT_TRUE(cuts_of(with_bursts(50000, {}), 50000).empty());
    EXPECT_TRUE(cuts_of(Samples(50000), 50000).empty());
}

TEST(Bursts, OneEventEachAndEverySampleInOne)
{
    const std::vector<Burst> bursts = { { 10000, 5000 }, { 20000, 700 }, { 30000, 12000 } };
    const Samples x = with_bursts(60000, bursts);
    const auto events = events_of(x, config(8192), 60000);
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].seq, i);
        EXPECT_EQ(events[i].sample_start, next);
        next += events[i].sample_count;
    }
    EXPECT_EQ(next, x.size());
    for (const Burst& burst : bursts) {
        int found = 0;
        for (const LabelEvent& event : events)
            if (std::abs(static_cast<double>(event.sample_start) - static_cast<double>(burst.start)) <= 200) {
                ++found;
                EXPECT_NEAR(static_cast<double>(event.sample_count), static_cast<double>(burst.count), 300);
                EXPECT_NEAR(static_cast<double>(event.power_dbfs), -10.0, 1.5);
            }
        EXPECT_EQ(found, 1) << burst.start;
    }
    for (const std::size_t chunk : { 100, 5000 }) {
        const auto again = events_of(x, config(8192), chunk);
        ASSERT_EQ(again.size(), events.size());
        for (std::size_t i = 0; i < events.size(); ++i) {
            EXPECT_EQ(again[i].sample_start, events[i].sample_start);
            EXPECT_EQ(again[i].confidence, events[i].confidence);
        }
    }
}

TEST(Bursts, AGapTooShortToClassifyGoesWithItsBurst)
{
    // Behind the steps of 100 samples: 50 samples of noise are less than the front end can use.
    const auto events = events_of(with_bursts(20000, { { 50, 5000 } }), config(8192), 20000);
    for (const LabelEvent& event : events)
        EXPECT_GE(event.sample_count, 100u);
    EXPECT_EQ(events.front().sample_start, 0u);
}

TEST(Bursts, LongOnesAreDecidedInPartsAndSteadySignalsOnTheInterval)
{
    const auto longer = events_of(with_bursts(80000, { { 10000, 50000 } }), config(4096), 80000);
    std::size_t parts = 0;
    for (const LabelEvent& event : longer)
        parts += event.sample_start >= 9000 && event.sample_start < 59000;
    EXPECT_EQ(parts, 3u); // 50 ms in parts of 20 ms, to whole blocks
    const auto steady = events_of(with_bursts(40960, { { 0, 40960 } }), config(4096), 1000);
    EXPECT_EQ(steady.size(), 10u);
}

TEST(Bursts, ALineBelowTheNoiseIsNoSignalInAGap)
{
    Samples x = with_bursts(60000, { { 30000, 5000 } });
    for (std::size_t i = 0; i < x.size(); ++i) // 10 dB below the noise, 20 dB above that of its own bins
        x[i] += std::polar(0.01f, static_cast<float>(2 * M_PI * 0.31 * static_cast<double>(i % 100)));
    auto with_gaps = config(8192);
    int gaps = 0;
    for (const LabelEvent& event : events_of(x, with_gaps, 60000))
        if (event.sample_start + event.sample_count <= 30000) {
            ++gaps;
            EXPECT_EQ(event.state, State::noise);
            EXPECT_EQ(event.bandwidth_hz, kRate);
            EXPECT_TRUE(std::isnan(event.snr_db));
        }
    EXPECT_GE(gaps, 3);
    with_gaps.bursts = false; // who asks for whatever there is gets it
    EXPECT_LT(events_of(x, with_gaps, 60000).front().bandwidth_hz, 0.1 * kRate);
}
