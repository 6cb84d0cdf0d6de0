// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"
#include "prunedamr/synth/signal/symbols.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::synth {
namespace {

/// Random points of a constellation.
Samples random_points(const std::string& name, int count, Rng& rng)
{
    const Samples& points = constellation(name, "test");
    Samples out;
    for (const auto symbol : draw_symbols(static_cast<int>(points.size()), count, rng))
        out.push_back(points[symbol]);
    return out;
}

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
    const Samples symbols = random_points(GetParam(), 120, rng);
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
    const Samples& points = constellation(GetParam(), "test");
    EXPECT_NEAR(mean_power(points), 1.0, 1e-5);
    for (std::size_t i = 0; i < points.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
            EXPECT_GT(std::abs(points[i] - points[k]), 0.1f);
}

INSTANTIATE_TEST_SUITE_P(Orders, Constellations,
                         ::testing::Values("BPSK", "QPSK", "8PSK", "4ASK", "unipolar 4ASK", "16QAM", "64QAM",
                                           "256QAM", "32APSK"),
                         [](const auto& info) {
                             std::string name = "of_" + std::string(info.param);
                             std::replace(name.begin(), name.end(), ' ', '_');
                             return name;
                         });

TEST(Linear, EqualsTheSumOfPulses)
{
    Rng rng(2);
    const Samples symbols = random_points("QPSK", 40, rng);
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

/// RRC and Gaussian by their textbook formulas, divided by their value at zero.
double plain_pulse(Pulse pulse, double shape, double t)
{
    if (pulse == Pulse::raised_cosine)
        return raised_cosine(t, shape);
    if (pulse == Pulse::gaussian) {
        const double c = M_PI * shape * std::sqrt(2.0 / std::log(2.0));
        return (std::erf(c * (t + 0.5)) - std::erf(c * (t - 0.5))) / (2.0 * std::erf(c / 2));
    }
    const double peak = 1.0 - shape + 4.0 * shape / M_PI;
    t = std::abs(t) < 1e-6 ? 1e-6 : t;
    if (std::abs(std::abs(4.0 * shape * t) - 1.0) < 1e-6)
        t += 1e-5;
    return (std::sin(M_PI * t * (1.0 - shape)) + 4.0 * shape * t * std::cos(M_PI * t * (1.0 + shape))) /
           (M_PI * t * (1.0 - std::pow(4.0 * shape * t, 2.0))) / peak;
}

TEST(Linear, IsolatedSymbolIsThePulse)
{
    for (const Pulse pulse : { Pulse::root_raised_cosine, Pulse::raised_cosine, Pulse::gaussian })
        for (const double shape : { 0.2, 0.25, 0.5, 0.77, 1.0 })
            for (const double samples_per_symbol : { 2.0, 7.3, 64.0 }) {
                LinearConfig config;
                config.pulse = pulse;
                config.shape = shape;
                config.samples_per_symbol = samples_per_symbol;
                config.first_instant = 5.4 * samples_per_symbol;
                const int count = static_cast<int>(11.5 * samples_per_symbol);
                const Samples out = modulate_linear({ { 1.0f, -2.0f } }, config, count);
                for (int n = 0; n < count; ++n) {
                    const double t = n / samples_per_symbol - 5.4;
                    const double expected = std::abs(t) < kPulseReach ? plain_pulse(pulse, shape, t) : 0.0;
                    ASSERT_NEAR(out[n].real(), expected, 1e-3) << shape << " at " << t;
                    ASSERT_NEAR(out[n].imag(), -2.0 * expected, 2e-3) << shape << " at " << t;
                }
            }
}

TEST(Linear, OffsetDelaysQByHalfASymbolSoThatTheEnvelopeStaysAwayFromZero)
{
    Rng rng(3);
    const Samples symbols = random_points("QPSK", 400, rng);
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
    EXPECT_EQ(manchester({ 0, 1, 1 }), (Symbols{ 0, 1, 1, 0, 1, 0 }));
    EXPECT_TRUE(manchester({}).empty());
}

TEST(Symbols, AreUniformAndAnyCountIsServed)
{
    Rng rng(4);
    for (const int count : { 0, 1, 7, 65 })
        EXPECT_EQ(draw_symbols(2, count, rng).size(), static_cast<std::size_t>(count));
    for (const int order : { 2, 16, 256 }) {
        const Symbols symbols = draw_symbols(order, 256000, rng);
        for (int s = 0; s < order; s += 5)
            EXPECT_NEAR(static_cast<double>(std::count(symbols.begin(), symbols.end(), s)) * order / 256000, 1.0,
                        0.15);
    }
}

TEST(Symbols, IdlePatternRepeatsButIsNeverConstant)
{
    const nlohmann::json json = { { "idle", 1 }, { "idle_symbols", 40 }, { "manchester", 0 } };
    JsonObject fields(json, "test");
    const SymbolSource source(fields, 4);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Rng rng(seed);
        const Symbols symbols = source.draw(4000, rng);
        int longest = 0, run = 0; // of symbols that equal the eighth before
        for (std::size_t i = 8; i < symbols.size(); ++i)
            longest = std::max(longest, run = symbols[i] == symbols[i - 8] ? run + 1 : 0);
        EXPECT_GE(longest, 32) << seed;
        int constant = 0;
        run = 0;
        for (std::size_t i = 1; i < symbols.size(); ++i)
            constant = std::max(constant, run = symbols[i] == symbols[i - 1] ? run + 1 : 0);
        EXPECT_LE(constant, 12) << seed;
    }
}

} // namespace
} // namespace prunedamr::synth
