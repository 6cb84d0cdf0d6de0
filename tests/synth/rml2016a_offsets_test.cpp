// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/rml2016a_channel.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::synth {
namespace {

constexpr double kRateHz = 200e3;

Samples tone(double frequency, std::size_t count)
{
    Samples x(count);
    for (std::size_t n = 0; n < count; ++n)
        x[n] = std::complex<float>(std::polar(1.0, 2.0 * M_PI * frequency * static_cast<double>(n)));
    return x;
}

double phase_step(const Samples& x, std::size_t n)
{
    return std::arg(std::complex<double>(x[n]) * std::conj(std::complex<double>(x[n - 1])));
}

/// Frequency of the last samples, Hz.
double last_offset_hz(const Samples& x)
{
    double step = 0.0;
    for (std::size_t n = x.size() - 50; n < x.size(); ++n)
        step += phase_step(x, n) / 50.0;
    return step * kRateHz / (2.0 * M_PI);
}

TEST(Rml2016aOffsets, CarrierWalksByStepTimesRootOfTime)
{
    for (const std::size_t count : { 2000, 8000 }) {
        double variance = 0.0;
        constexpr int kWalks = 300;
        for (int walk = 0; walk < kWalks; ++walk) {
            Rng rng(static_cast<std::uint64_t>(walk));
            Samples x(count, 1.0f);
            offset_carrier(x, { 1.0, 1e6 }, rng);
            EXPECT_LT(envelope_error(x), 1e-5);
            variance += std::pow(last_offset_hz(x), 2.0) / kWalks;
        }
        EXPECT_NEAR(variance / static_cast<double>(count), 1.0, 0.25) << count;
    }
}

TEST(Rml2016aOffsets, CarrierStaysWithinItsLimit)
{
    Rng rng(1);
    Samples x(20000, 1.0f);
    offset_carrier(x, { 50.0, 300.0 }, rng);
    double largest = 0.0;
    for (std::size_t n = 1; n < x.size(); ++n)
        largest = std::max(largest, std::abs(phase_step(x, n)) * kRateHz / (2.0 * M_PI));
    EXPECT_NEAR(largest, 300.0, 3.0);
}

TEST(Rml2016aOffsets, NoStepsLeaveTheSignalAlone)
{
    Rng rng(1);
    const Samples x = tone(0.03, 1000);
    Samples same = x;
    offset_carrier(same, { 0.0, 500.0 }, rng);
    EXPECT_LT(std::abs(same[999] - x[999]), 1e-6);
    const Samples shorter = offset_sample_rate(x, { 0.0, 50.0 }, rng);
    ASSERT_EQ(shorter.size(), x.size() - 7);
    for (std::size_t n = 0; n < shorter.size(); ++n)
        ASSERT_LT(std::abs(shorter[n] - x[n + 3]), 1e-6) << n;
}

TEST(Rml2016aOffsets, SampleRateMovesATonesPhase)
{
    // A tone's phase shows the place that was read: 3 + n + the sum of the offsets, whose variance after N samples
    // of a walk is step^2 N^3 / 3 / rate^2.
    constexpr std::size_t kCount = 20000;
    constexpr double kFrequency = 0.02;
    constexpr int kWalks = 200;
    double variance = 0.0;
    for (int walk = 0; walk < kWalks; ++walk) {
        Rng rng(static_cast<std::uint64_t>(walk));
        const Samples x = offset_sample_rate(tone(kFrequency, kCount), { 0.1, 50.0 }, rng);
        const double turns =
            std::arg(std::complex<double>(x[kCount - 100]) *
                     std::polar(1.0, -2.0 * M_PI * kFrequency * static_cast<double>(kCount - 100 + 3))) /
            (2.0 * M_PI);
        variance += std::pow(turns / kFrequency, 2.0) / kWalks;
    }
    EXPECT_NEAR(variance / (std::pow(0.1 / kRateHz, 2.0) * std::pow(kCount, 3.0) / 3.0), 1.0, 0.3);
}

TEST(Rml2016aOffsets, SampleRateAtItsLimitShortensOrLengthens)
{
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        Rng rng(seed);
        const auto size = offset_sample_rate(Samples(50000), { 1000.0, 2000.0 }, rng).size();
        EXPECT_GE(size, 49994u * 0.99 - 1);
        EXPECT_LE(size, 49994u / 0.99 + 1);
    }
    Rng rng(1);
    for (const std::size_t size : { 0, 1, 7 })
        EXPECT_TRUE(offset_sample_rate(Samples(size), { 0.01, 50.0 }, rng).empty());
    EXPECT_EQ(offset_sample_rate(Samples(8), { 0.0, 50.0 }, rng).size(), 1u);
}

} // namespace
} // namespace prunedamr::synth
