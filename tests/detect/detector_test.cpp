// SPDX-License-Identifier: GPL-3.0-or-later
// Each rule of what an emission is has its scene here.
#include "tests/detect/detect_testing.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace prunedamr::detect {
namespace {

using test::Samples;
using test::operator*;

constexpr double kRate = 500e3;
constexpr int kSecond = 500000;
constexpr double kNoise = 1e-4; // power per sample

/// Amplitude of a signal of power 1 that gives this SNR in a band.
float amplitude(double snr_db, double bandwidth_hz)
{
    return static_cast<float>(std::sqrt(kNoise * bandwidth_hz / kRate * std::pow(10.0, snr_db / 10.0)));
}

Samples noise(int count, std::uint64_t seed = 1)
{
    return test::white_noise(count, kNoise, seed);
}

/// A shaped signal in center +- bandwidth / 2.
Samples shaped(int count, double center_hz, double bandwidth_hz, double snr_db, std::uint64_t seed)
{
    return test::band_noise(count, center_hz / kRate, bandwidth_hz / kRate, 1.0, seed) *
           amplitude(snr_db, bandwidth_hz);
}

/// The one of `found` in the middle of whose band `hz` lies; complains when there is not exactly one.
Found the_one_at(const std::vector<Found>& found, double hz)
{
    Found one;
    int count = 0;
    for (const auto& f : found)
        if (f.low_hz < hz && hz < f.high_hz) {
            one = f;
            ++count;
        }
    EXPECT_EQ(count, 1) << hz;
    return one;
}

TEST(Detector, FindsNothingInNoise)
{
    for (std::uint64_t seed = 1; seed <= 3; ++seed)
        EXPECT_TRUE(found_in(noise(2 * kSecond, seed), kRate).empty()) << seed;
}

TEST(Detector, BoxesALastingSignalAndABurstBesideIt)
{
    Samples x = noise(kSecond);
    add(x, shaped(kSecond, -100e3, 40e3, 12.0, 2));
    add(x, shaped(5000, 80e3, 30e3, 15.0, 3), 200000);
    const auto found = found_in(x, kRate);
    ASSERT_EQ(found.size(), 2u);
    const Found lasting = the_one_at(found, -100e3), burst = the_one_at(found, 80e3);
    EXPECT_NEAR(lasting.low_hz, -120e3, 6e3);
    EXPECT_NEAR(lasting.high_hz, -80e3, 6e3);
    EXPECT_LT(lasting.start_s, 0.02);
    EXPECT_GT(lasting.end_s, 0.98);
    EXPECT_NEAR(burst.start_s, 0.4, 1e-3);
    EXPECT_NEAR(burst.end_s, 0.41, 1e-3);
    EXPECT_NEAR(burst.high_hz - burst.low_hz, 30e3, 12e3);
}

TEST(Detector, BurstsOfAToneAreWithinATileOfTheFinestField)
{
    constexpr struct {
        std::size_t start;
        int count;
        double hz;
    } kBursts[] = { { 61'234, 20'000, 41e3 }, { 173'003, 12'000, -90e3 }, { 250'777, 30'000, 140e3 }, { 401'010, 9'000, 41e3 } };
    Samples x = noise(kSecond);
    for (const auto& burst : kBursts) {
        Samples tone(static_cast<std::size_t>(burst.count));
        for (std::size_t n = 0; n < tone.size(); ++n)
            tone[n] = std::polar(0.3f, static_cast<float>(std::fmod(2.0 * M_PI * burst.hz / kRate * static_cast<double>(n), 2.0 * M_PI)));
        add(x, tone, burst.start);
    }
    const auto found = found_in(x, kRate);
    for (const auto& burst : kBursts) {
        const double start_s = static_cast<double>(burst.start) / kRate, end_s = start_s + burst.count / kRate;
        int count = 0;
        for (const Found& f : found) {
            if (!(f.low_hz < burst.hz && burst.hz < f.high_hz && f.start_s < end_s && f.end_s > start_s))
                continue;
            ++count;
            EXPECT_NEAR(f.start_s * kRate, start_s * kRate, 150.0);
            EXPECT_NEAR(f.end_s * kRate, end_s * kRate, 150.0);
        }
        EXPECT_EQ(count, 1) << burst.start;
    }
}

/// A DC spike or a spur does not cut in two what crosses it.
TEST(Detector, BurstsAcrossALastingLineAreWhole)
{
    for (const double line_hz : { 0.0, 61e3 }) {
        Samples x = noise(kSecond);
        Samples line(kSecond);
        for (std::size_t n = 0; n < line.size(); ++n)
            line[n] = std::polar(0.1f, static_cast<float>(2.0 * M_PI * std::fmod(line_hz / kRate * static_cast<double>(n), 1.0)));
        add(x, line, 0);
        const std::size_t starts[] = { 60'000, 180'000, 333'000, 430'000 };
        std::uint64_t seed = 5;
        for (const std::size_t start : starts)
            add(x, shaped(6000, line_hz - 9e3, 50e3, 13.0, seed++), start);
        const auto found = found_in(x, kRate);
        for (const std::size_t start : starts) {
            const double middle_s = (static_cast<double>(start) + 3000.0) / kRate;
            int count = 0;
            for (const Found& f : found) {
                if (f.start_s > middle_s || f.end_s < middle_s || f.high_hz - f.low_hz < 5e3)
                    continue;
                ++count;
                EXPECT_NEAR(f.start_s, start / kRate, 1e-3);
                EXPECT_NEAR(f.end_s, (static_cast<double>(start) + 6000.0) / kRate, 1e-3);
                EXPECT_NEAR(f.low_hz, line_hz - 34e3, 6e3);
                EXPECT_NEAR(f.high_hz, line_hz + 16e3, 6e3);
            }
            EXPECT_EQ(count, 1) << start << " across " << line_hz;
        }
    }
}

TEST(Detector, FindsABurstOfHalfAMillisecond)
{
    constexpr double kWide = 2e6;
    Samples x = noise(1000000);
    add(x, test::band_noise(1000, 0.12, 0.05, 1.0, 3) * static_cast<float>(std::sqrt(kNoise * 0.05 * 30.0)),
        600000);
    const auto found = found_in(x, kWide);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NEAR(found[0].start_s, 0.3, 1.5e-4);
    EXPECT_NEAR(found[0].end_s, 0.3005, 1.5e-4);
    EXPECT_NEAR(found[0].low_hz, 190e3, 30e3);
    EXPECT_NEAR(found[0].high_hz, 290e3, 30e3);
}

TEST(Detector, BothTonesOfWideShiftKeyingAreOneEmission)
{
    Samples x = noise(kSecond);
    add(x, test::fsk(kSecond, 50e3 / kRate, 20e3 / kRate, 1200.0 / kRate, 4) * amplitude(18.0, 22e3));
    const auto found = found_in(x, kRate);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NEAR(found[0].low_hz, 38e3, 7e3);
    EXPECT_NEAR(found[0].high_hz, 62e3, 7e3);
}

TEST(Detector, NeighborsOnAGridStayApart)
{
    Samples x = noise(kSecond);
    for (int i = 0; i < 12; ++i)
        add(x, shaped(kSecond, (i - 5.5) * 12.5e3, 8e3, 15.0 + i % 3 * 4.0, 10 + i));
    const auto found = found_in(x, kRate);
    EXPECT_EQ(found.size(), 12u);
    for (int i = 0; i < 12; ++i)
        the_one_at(found, (i - 5.5) * 12.5e3);
}

/// QPSK without shaping: lobes 13, 18, 21 dB below it and so on stand above the noise.
TEST(Detector, BurstsOfAnUnshapedSignalAreReportedWithoutTheirLobes)
{
    constexpr int kSymbol = 60, kBurst = 40000;
    std::mt19937 random(7);
    Samples x = noise(kSecond), burst(kBurst);
    for (const std::size_t start : { 30000u, 180000u, 330000u }) {
        for (int n = 0; n < kBurst; n += kSymbol)
            std::fill_n(burst.begin() + n, std::min(kSymbol, kBurst - n),
                        std::polar(amplitude(38.0, kRate / kSymbol), static_cast<float>(M_PI_2) * static_cast<float>(random() % 4)));
        for (int n = 0; n < kBurst; ++n)
            burst[static_cast<std::size_t>(n)] *= std::complex<float>(std::polar(1.0, std::fmod(2 * M_PI * 0.1 * n, 2 * M_PI)));
        add(x, burst, start);
    }
    const auto found = found_in(x, kRate);
    ASSERT_EQ(found.size(), 3u);
    for (const Found& one : found) {
        EXPECT_NEAR((one.low_hz + one.high_hz) / 2, 50e3, 2e3) << one;
        EXPECT_NEAR(one.end_s - one.start_s, 0.08, 2e-3) << one;
    }
}

TEST(Detector, TheReceiversImageOfASignalIsNoEmission)
{
    Samples x = shaped(kSecond, 100e3, 30e3, 40.0, 7);
    for (auto& v : x)
        v += 0.03f * std::conj(v);
    add(x, noise(kSecond));
    const auto found = found_in(x, kRate);
    ASSERT_EQ(found.size(), 1u);
    the_one_at(found, 100e3);
}

TEST(Detector, FindsAWeakNeighborOfAStrongOne)
{
    Samples x = noise(kSecond);
    add(x, shaped(kSecond, 0.0, 20e3, 42.0, 5));
    add(x, shaped(kSecond, 40e3, 20e3, 12.0, 6));
    const auto found = found_in(x, kRate);
    EXPECT_EQ(found.size(), 2u);
    the_one_at(found, 0.0);
    the_one_at(found, 40e3);
}

TEST(Detector, ASignalThatFillsHalfTheBandIsOneEmission)
{
    Samples x = noise(kSecond);
    add(x, shaped(kSecond, 10e3, 250e3, 10.0, 7));
    const auto found = found_in(x, kRate);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NEAR(found[0].low_hz, -115e3, 25e3);
    EXPECT_NEAR(found[0].high_hz, 135e3, 25e3);
}

TEST(Detector, ARollOffAtTheEndsIsNoEmissionAndHidesNone)
{
    Samples x = test::band_noise(kSecond, 0.0, 0.85, 1.0, 1); // a receiver's noise, as its filter leaves it
    add(x, test::white_noise(kSecond, 1e-3, 3));
    EXPECT_TRUE(found_in(x, kRate).empty());
    add(x, test::band_noise(kSecond, 0.35, 0.03, 0.4, 2));
    const auto found = found_in(x, kRate);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NEAR(found[0].low_hz, 0.335 * kRate, 3e3);
    EXPECT_NEAR(found[0].high_hz, 0.365 * kRate, 3e3);
}

TEST(Detector, ACarrierIsOneEmission)
{
    Samples x = test::white_noise(kSecond, 1e-3, 1);
    add(x, test::tone(kSecond, 0.2, 1.0));
    const auto found = found_in(x, kRate);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NEAR(found[0].low_hz, 0.2 * kRate, 2e3);
    EXPECT_NEAR(found[0].high_hz, 0.2 * kRate, 2e3);
}

TEST(Detector, ASpikeAtZeroIsNoEmission)
{
    Samples x = noise(kSecond);
    for (auto& v : x)
        v += std::complex<float>(0.01f, 0.005f);
    add(x, shaped(kSecond, -60e3, 30e3, 15.0, 8));
    const auto found = found_in(x, kRate);
    ASSERT_EQ(found.size(), 1u);
    the_one_at(found, -60e3);
}

TEST(Detector, WhatAnEpochHoldsDoesNotReachTheNextButOne)
{
    DetectorConfig config;
    config.sample_rate_hz = kRate;
    const auto epoch = static_cast<int>(Detector(config).epoch_samples());
    Samples clean = noise(4 * epoch);
    add(clean, shaped(4 * epoch, 100e3, 30e3, 15.0, 9));
    Samples spoiled = clean;
    for (int i = 1000; i < 30000; ++i)
        spoiled[i] = { std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity() };
    for (int i = 60000; i < 150000; ++i)
        spoiled[i] = 0.0f;
    for (int i = 200000; i < epoch; ++i)
        spoiled[i] *= 300.0f;
    Detector a(config), b(config);
    const auto after = [&](const std::vector<Detection>& all) {
        std::vector<Detection> late;
        for (const auto& d : all)
            if (d.start_samples >= 2.0 * epoch)
                late.push_back(d);
        return late;
    };
    const auto expected = after(detections_of(a, clean)), found = after(detections_of(b, spoiled));
    ASSERT_FALSE(expected.empty());
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].start_samples, expected[i].start_samples);
        EXPECT_EQ(found[i].low_hz, expected[i].low_hz);
        EXPECT_EQ(found[i].high_hz, expected[i].high_hz);
    }
}

TEST(Detector, AnyChunksGiveTheSameDetections)
{
    Samples x = noise(kSecond);
    add(x, shaped(kSecond, -100e3, 40e3, 12.0, 2));
    for (int i = 0; i < 6; ++i)
        add(x, shaped(5000, 80e3, 30e3, 15.0, 3), 30000 + i * 70000);
    DetectorConfig config;
    config.sample_rate_hz = kRate;
    config.epoch_samples = 1 << 17;
    Detector detector(config);
    const auto whole = detections_of(detector, x, x.size());
    ASSERT_GT(whole.size(), 6u);
    for (const std::size_t chunk : { 997u, 65536u }) { // the same object: nothing is left of the stream before
        const auto other = detections_of(detector, x, chunk);
        ASSERT_EQ(other.size(), whole.size());
        for (std::size_t i = 0; i < whole.size(); ++i) {
            EXPECT_EQ(other[i].start_samples, whole[i].start_samples);
            EXPECT_EQ(other[i].end_samples, whole[i].end_samples);
            EXPECT_EQ(other[i].low_hz, whole[i].low_hz);
            EXPECT_EQ(other[i].score, whole[i].score);
            EXPECT_EQ(other[i].continues, whole[i].continues);
        }
    }
}

TEST(Detector, FollowsALastingEmissionOverEpochs)
{
    Samples x = noise(kSecond);
    add(x, shaped(kSecond, -100e3, 40e3, 12.0, 2));
    DetectorConfig config;
    config.sample_rate_hz = kRate;
    config.epoch_samples = 1 << 17;
    Detector detector(config);
    const auto all = detections_of(detector, x);
    ASSERT_EQ(all.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(all[i].emission, all[0].emission);
        EXPECT_EQ(all[i].continues, i > 0);
    }
    EXPECT_TRUE(all[0].goes_on);
}

TEST(Detector, ShortAndEmptyStreamsAreNoTrouble)
{
    Detector detector(DetectorConfig{});
    EXPECT_TRUE(detections_of(detector, {}).empty());
    EXPECT_TRUE(detections_of(detector, noise(1)).empty());
    EXPECT_TRUE(detections_of(detector, noise(509)).empty());
    EXPECT_TRUE(detections_of(detector, Samples(100000)).empty()); // silence
}

TEST(Detector, RefusesABadConfig)
{
    DetectorConfig config;
    config.sample_rate_hz = std::numeric_limits<double>::quiet_NaN();
    EXPECT_ERROR(Detector{ config }, "sample rate");
    config = {};
    config.epoch_samples = 100000;
    EXPECT_ERROR(Detector{ config }, "epoch");
}

} // namespace
} // namespace prunedamr::detect
