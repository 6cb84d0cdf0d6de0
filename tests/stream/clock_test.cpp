// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/clock.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace prunedamr::stream;

namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;

} // namespace

TEST(SampleClock, HasNoDriftOverYears)
{
    SampleClock clock(2.4e6);
    clock.set(1000, kStart, TimeSource::hw);
    EXPECT_EQ(clock.source(), TimeSource::hw);
    EXPECT_EQ(clock.time_ns(1000), kStart);
    EXPECT_EQ(clock.time_ns(1000 + 2'400'000), kStart + kSecond);
    constexpr std::uint64_t kTenYears = 10ull * 365 * 86400;
    EXPECT_EQ(clock.time_ns(1000 + kTenYears * 2'400'000), kStart + static_cast<std::int64_t>(kTenYears) * kSecond);
    EXPECT_EQ(clock.time_ns(1000 + kTenYears * 2'400'000 + 12),
              kStart + static_cast<std::int64_t>(kTenYears) * kSecond + 5000);
}

TEST(SampleClock, RoundsToTheNearestNanosecondOnBothSidesOfTheReference)
{
    SampleClock clock(3e6); // a sample lasts 333.33 ns
    clock.set(10, 5000, TimeSource::file);
    EXPECT_EQ(clock.time_ns(11), 5333);
    EXPECT_EQ(clock.time_ns(12), 5667);
    EXPECT_EQ(clock.time_ns(9), 4667);
    EXPECT_EQ(clock.time_ns(8), 4333);
    EXPECT_EQ(clock.time_ns(0), 1667);
}

TEST(SampleClock, TakesFractionalRates)
{
    SampleClock clock(22050.5);
    clock.set(0, 0, TimeSource::system);
    EXPECT_EQ(clock.time_ns(44101), 2'000'000'000);
}

namespace {

constexpr double kRate = 1e6;

/// A receiver whose sample clock is `ppm` fast, in chunks of a tenth of a second, and a computer that takes them
/// later.
class Receiving
{
public:
    explicit Receiving(double ppm) : real_rate_(kRate * (1.0 + 1e-6 * ppm)) {}

    /// The samples of another while are taken `delay_s` after the last of them.
    bool receive(double seconds, double delay_s = 0.0, double waited_s = 0.1)
    {
        now_s_ += seconds;
        const auto count = static_cast<std::uint64_t>(seconds * real_rate_);
        end_ += count;
        return clock.on_arrival(end_, to_ns(now_s_ + delay_s), to_ns(waited_s));
    }

    void pause(double seconds) { now_s_ += seconds; }
    double error_s() const { return 1e-9 * static_cast<double>(clock.time_ns(end_) - to_ns(now_s_)); }
    std::uint64_t end() const { return end_; }

    StreamClock clock{ kRate };

private:
    static std::int64_t to_ns(double s) { return static_cast<std::int64_t>(s * 1e9); }

    const double real_rate_;
    double now_s_ = 1e6;
    std::uint64_t end_ = 0;
};

/// Of a busy computer: mostly some milliseconds, now and then far more.
double some_delay(int i)
{
    return i % 97 == 0 ? 0.4 : 0.001 * (i * 7919 % 13);
}

} // namespace

TEST(StreamClock, StaysWithinATenthOfASecondOfTheWallClockForADay)
{
    for (const double ppm : { -50.0, 0.0, 50.0 }) {
        Receiving receiving(ppm);
        double before_s = 0.0;
        for (int i = 1; i <= 864'000; ++i) {
            ASSERT_FALSE(receiving.receive(0.1, some_delay(i))) << i;
            const double error_s = receiving.error_s();
            ASSERT_LT(std::abs(error_s), StreamClock::kMaxErrorS) << ppm << " ppm, " << i;
            if (i > 1 && i % 40 == 0) { // 4 s: by the slew and the drift, no more
                ASSERT_LT(std::abs(error_s - before_s),
                          4.2 * (StreamClock::kMaxSlew + 1e-6 * std::abs(ppm)) + 1e-6);
            }
            if (i == 1 || i % 40 == 0)
                before_s = error_s;
        }
    }
}

TEST(StreamClock, AGapIsSeenAtItsEndAndTheTimeAfterItIsRight)
{
    for (const double pause_s : { 1.0, 6.0, 3600.0 }) {
        Receiving receiving(0.0);
        for (int i = 0; i < 4; ++i)
            EXPECT_FALSE(receiving.receive(0.1));
        receiving.pause(pause_s);
        EXPECT_TRUE(receiving.receive(0.1, 0.0, pause_s + 0.1)) << pause_s;
        EXPECT_NEAR(receiving.error_s(), 0.0, 1e-6);
        for (int i = 0; i < 4; ++i)
            EXPECT_FALSE(receiving.receive(0.1));
        EXPECT_NEAR(receiving.error_s(), 0.0, 1e-6);
    }
}

TEST(StreamClock, SamplesThatWaitedForTheComputerAreLateButNotMissing)
{
    Receiving receiving(0.0);
    receiving.receive(0.1);
    for (const double late_s : { 3.0, 2.9, 2.0, 1.0, 0.3, 0.0 }) // it was busy for 3 s, and catches up
        EXPECT_FALSE(receiving.receive(0.1, late_s, 0.0)) << late_s;
    EXPECT_NEAR(receiving.error_s(), 0.0, 1e-3);
}

TEST(StreamClock, SamplesThatANetworkHeldBackAreNotTakenForLater)
{
    Receiving receiving(0.0);
    receiving.receive(0.1);
    EXPECT_TRUE(receiving.receive(0.1, 3.0, 3.1)); // who is to know
    for (const double late_s : { 2.9, 2.8, 1.5, 0.5, 0.0 })
        EXPECT_FALSE(receiving.receive(0.1, late_s, 0.0));
    EXPECT_NEAR(receiving.error_s(), 0.0, StreamClock::kMaxErrorS);
}

TEST(StreamClock, WhatIsMissingWithoutAPauseIsSeenWithinThreeSeconds)
{
    Receiving receiving(0.0);
    for (int i = 0; i < 30; ++i)
        EXPECT_FALSE(receiving.receive(0.1, some_delay(i)));
    receiving.pause(0.25);
    int gaps = 0;
    for (int i = 0; i < 50; ++i)
        gaps += receiving.receive(0.1, some_delay(i + 1));
    EXPECT_EQ(gaps, 1);
    EXPECT_LT(std::abs(receiving.error_s()), StreamClock::kMaxErrorS);
}

TEST(StreamClock, FollowsAComputerWhoseClockIsSet)
{
    for (const double change_s : { -7200.0, -0.3, 0.3, 7200.0 }) {
        Receiving receiving(0.0);
        for (int i = 0; i < 50; ++i)
            receiving.receive(0.1);
        receiving.pause(change_s);
        for (int i = 0; i < 50; ++i)
            receiving.receive(0.1);
        EXPECT_LT(std::abs(receiving.error_s()), StreamClock::kMaxErrorS) << change_s;
    }
}

TEST(StreamClock, ALossThatIsReportedAnchorsTheTimeAnew)
{
    Receiving receiving(0.0);
    receiving.receive(0.1);
    receiving.pause(0.3);
    receiving.clock.on_loss();
    EXPECT_FALSE(receiving.receive(0.1)); // it is counted already
    EXPECT_NEAR(receiving.error_s(), 0.0, 1e-6);
}

TEST(StreamClock, StampsMayDriftByTheirToleranceAndAJumpIsAGap)
{
    StreamClock clock(kRate);
    EXPECT_FALSE(clock.on_stamp(0, kStart, TimeSource::hw));
    const double tolerance_ns = 1e9 * StreamClock::kStampTolerance;
    for (const double elapsed_s : { 0.001, 1.0, 60.0 }) {
        const auto samples = static_cast<std::uint64_t>(elapsed_s * kRate);
        const double most_ns = 2e9 / kRate + elapsed_s * tolerance_ns;
        const std::int64_t expected = kStart + static_cast<std::int64_t>(elapsed_s * 1e9);
        EXPECT_FALSE(clock.is_gap(samples, expected + static_cast<std::int64_t>(0.99 * most_ns))) << elapsed_s;
        EXPECT_TRUE(clock.is_gap(samples, expected + static_cast<std::int64_t>(1.01 * most_ns))) << elapsed_s;
        EXPECT_FALSE(clock.is_gap(samples, expected - static_cast<std::int64_t>(1.01 * most_ns))) << elapsed_s;
    }
    EXPECT_TRUE(clock.on_stamp(1000, kStart + kSecond, TimeSource::hw));
    EXPECT_EQ(clock.time_ns(2000), kStart + kSecond + 1'000'000);
    EXPECT_FALSE(clock.on_arrival(3000, kStart + 100 * kSecond, kSecond)); // stamps tell the time
    EXPECT_EQ(clock.time_ns(2000), kStart + kSecond + 1'000'000);
}
