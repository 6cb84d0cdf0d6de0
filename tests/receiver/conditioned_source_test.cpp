// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/source.h"
#include "tests/receiver/hand_source.h"

#include <gtest/gtest.h>

using namespace prunedamr;
using namespace prunedamr::receiver;
using prunedamr::test::HandSource;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000'000;

Reading timed(std::size_t count, std::int64_t time_ns)
{
    Reading reading;
    reading.count = count;
    reading.time = SourceTime{ time_ns, stream::TimeSource::file };
    return reading;
}

struct Opened {
    explicit Opened(const ConditioningConfig& config, bool live = false)
    {
        auto made = std::make_unique<HandSource>(1e6, live);
        hand = made.get();
        source = make_conditioned_source(std::move(made), config);
    }
    Reading read(std::size_t count = 1000) { return source->read(samples, count, milliseconds(10)); }

    HandSource* hand;
    std::unique_ptr<Source> source;
    std::complex<float> samples[1000];
};

} // namespace

TEST(ConditionedSource, UsesAPartOfTheSamplesWithTheirTime)
{
    for (const bool in_samples : { false, true }) {
        ConditioningConfig config;
        config.start = in_samples ? Extent{ 300, true } : Extent{ 300e-6, false };
        config.length = in_samples ? Extent{ 250, true } : Extent{ 250e-6, false };
        Opened opened(config);
        opened.hand->give(timed(200, kStart));
        opened.hand->give(timed(200, kStart + 500'000)); // a capture that begins later
        opened.hand->give(1000);
        const Reading first = opened.read();
        EXPECT_EQ(first.count, 100u);
        EXPECT_EQ(opened.samples[0].real(), 300.0f);
        ASSERT_TRUE(first.time);
        EXPECT_EQ(first.time->time_ns, kStart + 600'000);
        const Reading second = opened.read();
        EXPECT_EQ(second.count, 150u);
        EXPECT_TRUE(second.ended);
        EXPECT_TRUE(opened.read().ended);
        EXPECT_EQ(opened.read().count, 0u);
    }
}

TEST(ConditionedSource, AnEndBeforeTheStartIsAnEnd)
{
    ConditioningConfig config;
    config.start = { 1, false };
    Opened opened(config);
    std::vector<std::string> notices;
    opened.source->on_notice([&](const std::string& text) { notices.push_back(text); });
    opened.hand->give(100);
    opened.hand->end();
    const Reading reading = opened.read();
    EXPECT_EQ(reading.count, 0u);
    EXPECT_TRUE(reading.ended);
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices[0].find("the start lies behind the end"), std::string::npos) << notices[0];
}

TEST(ConditionedSource, TunesBesideAndShiftsBack)
{
    ConditioningConfig config;
    config.offset_tune_hz = 250e3;
    Opened opened(config, true);
    opened.source->tune(100e6);
    EXPECT_EQ(opened.hand->info().center_freq_hz, 100.25e6);
    EXPECT_EQ(opened.source->info().center_freq_hz, 100e6);
    opened.hand->give(4);
    EXPECT_EQ(opened.read().count, 4u);
    const std::complex<float> turned[] = { { 0, 0 }, { 0, 1 }, { -2, 0 }, { 0, -3 } }; // a quarter of a turn each
    for (int i = 0; i < 4; ++i)
        EXPECT_LT(std::abs(opened.samples[i] - turned[i]), 1e-5f) << i;
}

TEST(ConditionedSource, AChannelHasItsOwnRateFrequencyAndTimes)
{
    ConditioningConfig config;
    config.offset_hz = -100e3;
    config.bandwidth_hz = 20e3;
    Opened opened(config, true);
    EXPECT_DOUBLE_EQ(opened.source->info().sample_rate_hz, 25e3); // 1 MHz / 40
    EXPECT_DOUBLE_EQ(opened.source->info().center_freq_hz, -100e3);
    opened.hand->give(timed(10'000, kStart));
    Reading later = timed(10'000, kStart + 10'000'000);
    later.overflows = 2;
    later.center_freq_hz = 5e6;
    opened.hand->give(later);
    std::size_t count = 0;
    const Reading first = opened.read();
    EXPECT_EQ(first.time->time_ns, kStart);
    count = first.count;
    std::size_t overflows = 0;
    for (Reading reading; (reading = opened.read()).count > 0; count += reading.count) {
        overflows += reading.overflows;
        if (reading.time) {
            EXPECT_EQ(reading.time->time_ns, kStart + static_cast<std::int64_t>(count) * 40'000);
            EXPECT_EQ(reading.center_freq_hz, 4.9e6);
        }
    }
    EXPECT_EQ(overflows, 2u);
    EXPECT_NEAR(static_cast<double>(count), 500.0, 12.0); // but for half the filter
}

TEST(ConditionedSource, AClockThatIsTooFastIsCorrected)
{
    ConditioningConfig config;
    config.ppm = 50;
    Opened opened(config);
    opened.source->tune(100e6);
    EXPECT_NEAR(opened.hand->info().center_freq_hz, 100e6 / (1 + 50e-6), 1e-3);
    EXPECT_NEAR(opened.source->info().center_freq_hz, 100e6, 1e-3);
    EXPECT_DOUBLE_EQ(opened.source->info().sample_rate_hz, 1e6 * (1 + 50e-6));
}

TEST(ConditionedSource, RefusesWhatCannotBe)
{
    ConditioningConfig outside;
    outside.offset_hz = 450e3;
    outside.bandwidth_hz = 200e3;
    EXPECT_THROW(Opened{ outside }, InvalidArgument);
    ConditioningConfig later;
    later.start = { 1, false };
    EXPECT_THROW(Opened(later, true), InvalidArgument);
    ConditioningConfig endless;
    endless.start = { 1e30, false };
    EXPECT_THROW(Opened{ endless }, InvalidArgument);
    ConditioningConfig fast;
    fast.ppm = 1e9;
    EXPECT_THROW(Opened{ fast }, InvalidArgument);
}

TEST(ConditionedSource, DoesNothingUnlessAsked)
{
    auto made = std::make_unique<HandSource>(1e6, false);
    const Source* const hand = made.get();
    EXPECT_EQ(make_conditioned_source(std::move(made), {}).get(), hand);
}
