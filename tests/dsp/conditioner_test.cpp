// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/conditioner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

using prunedamr::dsp::Conditioner;
using prunedamr::dsp::ConditionerConfig;
using Samples = std::vector<std::complex<float>>;

namespace {

constexpr double kRate = 1e6;

/// A tone of amplitude 1 at each frequency, from sample `first` on.
Samples tones(std::initializer_list<double> frequencies_hz, std::size_t count, std::size_t first = 0,
              double step = 1.0)
{
    Samples samples(count);
    for (std::size_t i = 0; i < count; ++i)
        for (const double f : frequencies_hz)
            samples[i] += std::complex<float>(
                std::polar(1.0, 2.0 * M_PI * f / kRate * step * static_cast<double>(first + i)));
    return samples;
}

Samples noise(std::size_t count, unsigned seed = 1)
{
    std::mt19937 rng(seed);
    std::normal_distribution<float> normal(0.0f, 0.3f);
    Samples samples(count);
    for (auto& x : samples)
        x = { normal(rng), normal(rng) };
    return samples;
}

Samples run(const ConditionerConfig& config, Samples samples, std::size_t chunk = 0)
{
    Conditioner conditioner(config);
    Samples made;
    for (std::size_t i = 0; i < samples.size();) {
        const std::size_t count = chunk == 0 ? samples.size() : std::min(chunk, samples.size() - i);
        const std::size_t got = conditioner.process(samples.data() + i, count);
        made.insert(made.end(), samples.begin() + static_cast<std::ptrdiff_t>(i),
                    samples.begin() + static_cast<std::ptrdiff_t>(i + got));
        i += count;
    }
    return made;
}

/// Amplitude of a tone in the last `count` samples.
double amplitude(const Samples& samples, double frequency_hz, std::size_t count, double rate_hz = kRate)
{
    std::complex<double> sum = 0.0;
    for (std::size_t i = samples.size() - count; i < samples.size(); ++i)
        sum += std::complex<double>(samples[i]) * std::polar(1.0, -2.0 * M_PI * frequency_hz / rate_hz * double(i));
    return std::abs(sum) / static_cast<double>(count);
}

ConditionerConfig everything()
{
    ConditionerConfig config;
    config.sample_rate_hz = kRate;
    config.swap_iq = config.dc_block = config.iq_balance = true;
    config.shift_hz = 123'456.7;
    config.bandwidth_hz = 100e3;
    return config;
}

} // namespace

TEST(Conditioner, GivesTheSameInAnyChunks)
{
    const Samples samples = noise(50'000);
    const Samples whole = run(everything(), samples);
    EXPECT_GT(whole.size(), 6000u);
    for (const std::size_t chunk : { 1, 7, 1000, 4097 })
        EXPECT_EQ(run(everything(), samples, chunk), whole) << chunk;
}

TEST(Conditioner, SwapMirrorsTheSpectrum)
{
    ConditionerConfig config{ kRate };
    config.swap_iq = true;
    const Samples made = run(config, tones({ 50e3 }, 10'000));
    EXPECT_NEAR(amplitude(made, -50e3, 10'000), 1.0, 1e-3);
    EXPECT_NEAR(amplitude(made, 50e3, 10'000), 0.0, 1e-3);
}

TEST(Conditioner, DcBlockTakesTheMeanAndLeavesTheRest)
{
    ConditionerConfig config{ kRate };
    config.dc_block = true;
    Samples samples = tones({ 1e3 }, 200'000);
    for (auto& x : samples)
        x += std::complex<float>(0.7f, -0.4f);
    const Samples made = run(config, samples);
    EXPECT_LT(amplitude(made, 0.0, 100'000), 1e-3);
    EXPECT_NEAR(amplitude(made, 1e3, 100'000), 1.0, 0.01);
}

TEST(Conditioner, IqBalanceTakesTheImageAway)
{
    ConditionerConfig config{ kRate };
    config.iq_balance = true;
    Samples samples = tones({ 123e3 }, 1'000'000);
    for (auto& x : samples)
        x = { 1.1f * x.real(), x.imag() + 0.05f * x.real() };
    EXPECT_GT(amplitude(samples, -123e3, 100'000), 0.04); // -27 dB
    const Samples made = run(config, samples);
    EXPECT_LT(amplitude(made, -123e3, 100'000), 0.001);
    EXPECT_GT(amplitude(made, 123e3, 100'000), 0.95);
}

TEST(Conditioner, IqBalanceLeavesASignalThatIsAllOnALineAlone)
{
    ConditionerConfig config{ kRate };
    config.iq_balance = true;
    Samples samples = noise(200'000);
    for (auto& x : samples)
        x = { x.real(), 0.2f * x.imag() };
    EXPECT_EQ(run(config, samples), samples);
}

TEST(Conditioner, ShiftKeepsItsPhaseOverMillionsOfSamples)
{
    ConditionerConfig config{ kRate };
    config.shift_hz = -250'001.0;
    constexpr std::size_t kCount = 3'000'000, kLast = 1000;
    const Samples made = run(config, Samples(kCount, 1.0f), 8192);
    for (std::size_t i = kCount - kLast; i < kCount; ++i) {
        const double cycles = std::fmod(-250'001.0 * static_cast<double>(i) / kRate, 1.0);
        ASSERT_LT(std::abs(std::complex<double>(made[i]) - std::polar(1.0, 2.0 * M_PI * cycles)), 1e-5) << i;
    }
}

TEST(Conditioner, ChannelPassesItsBandAtItsTimeAndStopsTheRest)
{
    ConditionerConfig config{ kRate };
    config.bandwidth_hz = 100e3;
    const Conditioner conditioner(config);
    ASSERT_EQ(conditioner.decimation(), 8);
    constexpr std::size_t kCount = 80'000;
    const Samples made = run(config, tones({ 30e3 }, kCount));
    const Samples expected = tones({ 30e3 }, made.size(), 0, 8.0);
    EXPECT_NEAR(static_cast<double>(made.size()), kCount / 8.0, 12.0);
    for (std::size_t i = 50; i < made.size(); ++i)
        ASSERT_LT(std::abs(made[i] - expected[i]), 2e-3f) << i;
    for (const double edge_hz : { 49e3, -49e3 })
        EXPECT_NEAR(amplitude(run(config, tones({ edge_hz }, kCount)), edge_hz, 8000, kRate / 8), 1.0, 0.02);
    for (const double outside_hz : { 76e3, -80e3, 124e3, 126e3, 400e3 }) {
        const Samples rest = run(config, tones({ outside_hz }, kCount));
        for (std::size_t i = 50; i < rest.size(); ++i)
            ASSERT_LT(std::abs(rest[i]), 1e-3f) << outside_hz;
    }
}

TEST(Conditioner, RecoversFromSamplesThatAreNoNumbers)
{
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
    for (const std::complex<float> bad :
         { std::complex<float>(nan, 0), { 0, nan }, { infinity, 1 }, { -infinity, nan } }) {
        const Samples clean = noise(100'000);
        Samples broken = clean;
        broken[0] = broken[20'000] = bad;
        const Samples expected = run(everything(), clean), made = run(everything(), broken);
        ASSERT_EQ(made.size(), expected.size());
        for (std::size_t i = 0; i < made.size(); ++i) {
            const std::size_t input = 8 * i;
            if (input < 200 || (input > 19'800 && input < 20'200))
                continue;
            ASSERT_LT(std::abs(made[i] - expected[i]), 0.02f) << i;
        }
    }
}
