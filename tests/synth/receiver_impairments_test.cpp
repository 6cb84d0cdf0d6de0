// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/receiver_impairments.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

namespace prunedamr::synth {
namespace {

Samples tone(double frequency, std::size_t count)
{
    Rng rng(1);
    Samples x(count, 1.0f);
    mix(x, { frequency }, rng);
    return x;
}

TEST(Receiver, ImbalanceMakesAnImageOfKnownStrength)
{
    Samples x = tone(0.125, 1024);
    unbalance_iq(x, 1.0, 0.1);
    const std::complex<double> g = std::polar(std::pow(10.0, 0.05), 0.1);
    EXPECT_NEAR(std::abs(fourier(x, -0.125, 0, 1024)) / 1024, std::abs(1.0 - g) / 2, 1e-3);
    EXPECT_NEAR(std::abs(fourier(x, 0.125, 0, 1024)) / 1024, std::abs(1.0 + g) / 2, 1e-3);
}

TEST(Receiver, QuantizerRoundsToStepsAndClips)
{
    Samples x = { { 0.26f, -0.26f }, { 5.0f, -5.0f }, { 0.0f, 0.124f } };
    quantize(x, 3, 1.0); // steps of 1/4
    EXPECT_EQ(x[0], (std::complex<float>{ 0.25f, -0.25f }));
    EXPECT_EQ(x[1], (std::complex<float>{ 0.75f, -1.0f }));
    EXPECT_EQ(x[2], std::complex<float>(0.0f));
}

TEST(Receiver, ChannelFilterPassesItsBandOnly)
{
    for (const std::size_t count : { 997u, 4096u }) {
        const ChannelFilter filter = { 0.2, 0.2, 0.05, -50.0 };
        Samples inside = tone(0.25, count), outside = tone(-0.1, count), edge = tone(0.3, count);
        filter_channel(inside, filter);
        filter_channel(outside, filter);
        filter_channel(edge, filter);
        const std::size_t a = count / 4, b = count / 2; // away from the ends
        EXPECT_NEAR(mean_power(inside, a, b), 1.0, 0.02);
        EXPECT_NEAR(mean_power(edge, a, b), 0.25, 0.05);
        EXPECT_LT(mean_power(outside, a, b), 3e-4);
    }
}

TEST(Receiver, TiltIsASlopeInDecibels)
{
    Samples low = tone(-0.25, 1024), high = tone(0.25, 1024);
    tilt_spectrum(low, 6.0);
    tilt_spectrum(high, 6.0);
    EXPECT_NEAR(10.0 * std::log10(mean_power(high) / mean_power(low)), 3.0, 0.05);
}

TEST(Receiver, DroopIsAButterworthResponse)
{
    Samples at_corner = tone(0.25, 1024), at_zero = tone(0.0, 1024), above = tone(-0.5, 1024);
    for (Samples* x : { &at_corner, &at_zero, &above })
        droop_spectrum(*x, 0.25, 2.0);
    EXPECT_NEAR(mean_power(at_zero), 1.0, 1e-4);
    EXPECT_NEAR(mean_power(at_corner), 0.5, 1e-4);
    EXPECT_NEAR(mean_power(above), 1.0 / 17.0, 1e-4);
}

TEST(Receiver, GainStepDecays)
{
    Samples x(1000, 1.0f);
    step_gain(x, 100, 6.0206, 50.0);
    EXPECT_EQ(x[99], 1.0f);
    EXPECT_NEAR(x[100].real(), 2.0f, 1e-4f);
    EXPECT_NEAR(x[150].real(), 1.0f + std::exp(-1.0f), 1e-3f);
    EXPECT_NEAR(x[999].real(), 1.0f, 1e-4f);
}

} // namespace
} // namespace prunedamr::synth
