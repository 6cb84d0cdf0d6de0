// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/channelizer.h"

#include "tests/dsp/signals.h"
#include "prunedamr/dsp/sliding_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

using namespace prunedamr;
using namespace prunedamr::dsp;
using namespace prunedamr::test;

namespace {

constexpr int kNfft = 512;

/// The channel around `middle` of a whole stream, the transforms' zeros before it included.
Samples channel(const Samples& x, int middle, int length)
{
    SlidingTransform transform(kNfft);
    ChannelBank bank(kNfft);
    std::vector<float> weights(static_cast<std::size_t>(length));
    bank.write_weights(length, weights.data());
    Samples spectrum(kNfft), out;
    int segment = 0;
    for (std::size_t done = 0; done < x.size();) {
        done += transform.add(x.data() + done, x.size() - done);
        if (!transform.is_full())
            break;
        transform.transform(spectrum.data());
        out.resize(out.size() + static_cast<std::size_t>(length / 2));
        bank.run(spectrum.data(), middle, segment++ % 2 != 0, weights.data(), length,
                 &out[out.size() - length / 2]);
    }
    return out;
}

double mean_power_of(const Samples& x, std::size_t first)
{
    double sum = 0.0;
    for (std::size_t i = first; i < x.size(); ++i)
        sum += static_cast<double>(std::norm(x[i]));
    return sum / static_cast<double>(x.size() - first);
}

} // namespace

TEST(SlidingTransform, IsTheDftOfHalfOverlappingSegments)
{
    constexpr int n = 64;
    const Samples x = white_noise(5 * n, 1.0, 1);
    SlidingTransform transform(n);
    Samples spectrum(n);
    int segment = 0;
    for (std::size_t done = 0; done < x.size();) {
        done += transform.add(x.data() + done, std::min<std::size_t>(13, x.size() - done));
        if (!transform.is_full())
            continue;
        transform.transform(spectrum.data());
        for (const int k : { 0, 1, 17, n - 1 }) {
            std::complex<double> expected;
            for (int i = 0; i < n; ++i) {
                const int at = segment * n / 2 - n / 2 + i;
                const std::complex<double> sample(at < 0 ? std::complex<float>{} : x[at]);
                expected += sample * std::polar(1.0, -2.0 * M_PI * k * i / n);
            }
            EXPECT_LT(std::abs(std::complex<double>(spectrum[k]) - expected), 1e-4) << segment << ", " << k;
        }
        ++segment;
    }
    EXPECT_EQ(segment, 10);
}

TEST(SlidingTransform, TakesNonFiniteSamplesForZero)
{
    Samples x(64, { 1.0f, 1.0f });
    for (const float bad : { std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity() }) {
        x[3] = { bad, 1.0f };
        x[40] = { 1.0f, -bad };
    }
    SlidingTransform transform(128);
    ASSERT_EQ(transform.add(x.data(), x.size()), x.size());
    Samples spectrum(128);
    transform.transform(spectrum.data());
    EXPECT_NEAR(spectrum[0].real(), 62.0f, 1e-3f);
}

TEST(ChannelBank, BringsAToneToItsPlaceWithoutSeams)
{
    for (const int length : { 64, 80, 96, 128, 512 })
        for (const int middle : { 0, 37, -100, 255, -256 }) {
            const double offset =
                0.11 / length; // of the tone from the middle bin, cycles per input sample times nfft
            const double frequency = (middle + offset * kNfft) / kNfft;
            const Samples y = channel(tone(16 * kNfft, frequency, 0.5), middle, length);
            const Samples expected = tone(static_cast<int>(y.size()), offset * kNfft / length, 0.5);
            // The first two segments hold the stream's start; a constant phase is free, but only one.
            const std::complex<float> phase = y[length] / expected[length];
            EXPECT_NEAR(std::abs(phase), 1.0, 0.01);
            double worst = 0.0;
            for (std::size_t i = static_cast<std::size_t>(length); i < y.size(); ++i)
                worst = std::max(worst, static_cast<double>(std::abs(y[i] - phase * expected[i])));
            EXPECT_LT(worst, 0.5e-2) << length << ", " << middle;
        }
}

TEST(ChannelBank, KeepsPowerInTheBandAndNothingOfANeighbor)
{
    const Samples in_band = band_noise(64 * kNfft, 40.0 / kNfft, 32.0 / kNfft, 1.0, 3);
    EXPECT_NEAR(mean_power_of(channel(in_band, 40, 64), 64), 1.0, 0.05);
    const Samples beside = band_noise(64 * kNfft, 96.0 / kNfft, 32.0 / kNfft, 1.0, 4);
    EXPECT_LT(mean_power_of(channel(beside, 40, 64), 64), 1e-4);
}

TEST(ChannelBank, LengthsAreTheLeastThatReach)
{
    const ChannelBank bank(kNfft);
    EXPECT_EQ(bank.length_for(0.0), 64);
    EXPECT_EQ(bank.length_for(64.0), 64);
    EXPECT_EQ(bank.length_for(64.1), 80);
    EXPECT_EQ(bank.length_for(385.0), 512);
    EXPECT_EQ(bank.length_for(1e9), 512);
}
