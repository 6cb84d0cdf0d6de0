// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/sample_clock.h"

#include <gtest/gtest.h>

using namespace prunedamr::stream;

TEST(SampleClock, HasNoDriftOverYears)
{
    constexpr std::int64_t kStart = 1'700'000'000'000'000'000;
    constexpr std::int64_t kSecond = 1'000'000'000;
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
