// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/linear.h"
#include "prunedamr/synth/symbols.h"
#include "synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::synth {
namespace {

double raised_cosine(double t, double roll_off)
{
    const double sinc = t == 0.0 ? 1.0 : std::sin(M_PI * t) / (M_PI * t);
    const double pole = 1.0 - std::pow(2.0 * roll_off * t, 2.0);
    return std::abs(pole) < 1e-9 ? sinc * M_PI / 4 : sinc * std::cos(M_PI * roll_off * t) / pole;
}

class Constellations : public ::testing::TestWithParam<const char*>
{
};

TEST_P(Constellations, StandAtTheSymbolInstants)
{
    Rng rng(1);
    const Samples symbols = draw_symbols(GetParam(), 120, rng);
    LinearConfig config;
    config.pulse = Pulse::raised_cosine;
    config.samples_per_symbol = 7.25; // every fourth instant falls on a sample
    config.first_instant = 58.0;
    const Samples out = modulate_linear(symbols, config, 900);
    for (int k = 8; k < 110; k += 4)
        EXPECT_LT(std::abs(out[58 + k / 4 * 29] - symbols[k]), 0.01f) << k;

    config.pulse = Pulse::rectangular;
    const Samples flat = modulate_linear(symbols, config, 900);
    double error = 0.0;
    for (int k = 8; k < 110; k += 4)
        error += std::norm(flat[58 + k / 4 * 29] - symbols[k]);
    EXPECT_LT(error / 26, 0.03); // the anti-alias filter's ripple
}

TEST_P(Constellations, HaveUnitPowerAndDistinctPoints)
{
    const Samples& points = constellation(GetParam());
    EXPECT_NEAR(mean_power(points), 1.0, 1e-5);
    for (std::size_t i = 0; i < points.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            EXPECT_GT(std::abs(points[i] - points[k]), 0.2f);
}

INSTANTIATE_TEST_SUITE_P(Orders, Constellations, ::testing::Values("BPSK", "QPSK", "8PSK", "16QAM", "64QAM"),
                         [](const auto& info) { return "of_" + std::string(info.param); });

TEST(Linear, EqualsTheSumOfPulses)
{
    Rng rng(2);
    const Samples symbols = draw_symbols("QPSK", 40, rng);
    LinearConfig config;
    config.pulse = Pulse::raised_cosine;
    config.shape = 0.6;
    config.samples_per_symbol = 3.3;
    config.first_instant = 1.7;
    const Samples out = modulate_linear(symbols, config, 97);
    for (int n = 0; n < 97; ++n) {
        std::complex<double> sum = 0.0;
        for (int k = 0; k < 40; ++k) {
            const double t = (n - 1.7) / 3.3 - k;
            if (std::abs(t) < kPulseReach)
                sum += std::complex<double>(symbols[k]) * raised_cosine(t, 0.6);
        }
        EXPECT_LT(std::abs(std::complex<double>(out[n]) - sum), 2e-3) << n;
    }
}

TEST(Linear, OffsetDelaysQByHalfASymbolSoThatTheEnvelopeStaysAwayFromZero)
{
    Rng rng(3);
    const Samples symbols = draw_symbols("OQPSK", 400, rng);
    LinearConfig config;
    config.shape = 0.5;
    config.samples_per_symbol = 8.0;
    config.first_instant = 0.0;
    const auto least = [](const Samples& x) {
        float least = 10.0f;
        for (std::size_t n = 100; n < 3000; ++n)
            least = std::min(least, std::abs(x[n]));
        return least;
    };
    const Samples plain = modulate_linear(symbols, config, 3100);
    config.offset = true;
    const Samples offset = modulate_linear(symbols, config, 3100);
    EXPECT_LT(least(plain), 0.1f);
    EXPECT_GT(least(offset), 0.3f);
    for (std::size_t n = 100; n < 3000; ++n) {
        EXPECT_EQ(offset[n].real(), plain[n].real());
        EXPECT_NEAR(offset[n].imag(), plain[n - 4].imag(), 1e-4f);
    }
}

TEST(Symbols, ManchesterPutsAnEdgeIntoEveryBit)
{
    EXPECT_EQ(manchester({ 0, 1, 1 }), (Bits{ 0, 1, 1, 0, 1, 0 }));
    EXPECT_TRUE(manchester({}).empty());
}

TEST(Symbols, BitsAreBalancedAndAnyCountIsServed)
{
    Rng rng(4);
    for (const int count : { 0, 1, 7, 65 })
        EXPECT_EQ(draw_bits(count, rng).size(), static_cast<std::size_t>(count));
    const Bits bits = draw_bits(100003, rng);
    EXPECT_NEAR(static_cast<double>(std::count(bits.begin(), bits.end(), 1)) / 100003, 0.5, 0.01);
}

} // namespace
} // namespace prunedamr::synth
