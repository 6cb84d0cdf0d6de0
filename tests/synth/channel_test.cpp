// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/channel.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

namespace prunedamr::synth {
namespace {

TEST(Mix, OffsetIsAFrequencyAndDriftItsSlope)
{
    Rng rng(1);
    Samples x(1601, 1.0f);
    mix(x, { 0.123, 0.0, 0.0, 0.5 }, rng);
    EXPECT_NEAR(std::arg(x[0]), 0.5, 1e-5);
    EXPECT_NEAR(std::abs(fourier(x, 0.123, 0, x.size())), 1601.0, 0.1);
    Samples y(1600, 1.0f);
    mix(y, { 0.0, 0.02, 0.0, 0.0 }, rng);
    EXPECT_NEAR(std::arg(y[10] * std::conj(y[9])) / (2.0 * M_PI), -0.01, 3e-4);
    EXPECT_NEAR(std::arg(y[1590] * std::conj(y[1589])) / (2.0 * M_PI), 0.01, 3e-4);
}

TEST(Mix, LineWidthSpreadsThePhaseLikeARandomWalk)
{
    const double line_width = 1e-4;
    double variance = 0.0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        Rng rng(seed);
        Samples x(321, 1.0f);
        mix(x, { 0.0, 0.0, line_width, 0.0 }, rng);
        variance += std::pow(std::arg(x[320]), 2.0) / 400;
    }
    EXPECT_NEAR(variance, 2.0 * M_PI * line_width * 320, 0.05);
}

TEST(Channel, EchoAndFadingAreTheirFormulas)
{
    Samples x(10);
    x[2] = 1.0f;
    add_echo(x, 3, { 0.0f, 0.5f });
    EXPECT_EQ(x[2], std::complex<float>(1.0f));
    EXPECT_EQ(x[5], (std::complex<float>{ 0.0f, 0.5f }));
    EXPECT_EQ(x[8], std::complex<float>(0.0f));
    Samples y(1000, 1.0f);
    fade(y, 0.4, 1.0 / 1000, 0.0);
    EXPECT_NEAR(std::abs(y[0]), 1.4f, 1e-4f);
    EXPECT_NEAR(std::abs(y[500]), 0.6f, 1e-4f);
}

TEST(Channel, DriftingClockReadsASignalAtItsWarpedTimes)
{
    const double frequency = 0.03, drift = 4e-3;
    const auto tone = [&](double t) { return std::polar(1.0, 2.0 * M_PI * frequency * t); };
    Samples x(1001);
    for (std::size_t n = 0; n < x.size(); ++n)
        x[n] = std::complex<float>(tone(static_cast<double>(n)));
    drift_clock(x, drift);
    for (std::size_t n = 2; n + 3 < x.size(); ++n) {
        const double t = static_cast<double>(n);
        const auto expected = tone(t + drift * (t / 2) * (t / 1001.0 - 1.0));
        ASSERT_LT(std::abs(std::complex<double>(x[n]) - expected), 1e-4) << n;
    }
}

TEST(Channel, BurstIsSilentOutsideAndUntouchedInside)
{
    Samples x(101, 1.0f);
    gate_burst(x, 20, 80, 4);
    EXPECT_EQ(x[19], 0.0f);
    EXPECT_EQ(x[80], 0.0f);
    EXPECT_EQ(x[50], 1.0f);
    EXPECT_GT(x[21].real(), 0.0f);
    EXPECT_LT(x[21].real(), 1.0f);
}

TEST(Channel, PowerIsNormalizedAndSilenceStaysSilent)
{
    Samples x(7, { 3.0f, 4.0f });
    normalize_power(x);
    EXPECT_NEAR(mean_power(x), 1.0, 1e-6);
    Samples silence(5), nothing;
    normalize_power(silence);
    normalize_power(nothing);
    EXPECT_EQ(silence, Samples(5));
}

} // namespace
} // namespace prunedamr::synth
