// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/synth/rml2016a/rml2016a_transmitters.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace prunedamr::synth {
namespace {

const std::vector<std::string> kLinear = { "BPSK", "QPSK", "8PSK", "PAM4", "QAM16", "QAM64" };

Bits random_bits(int count, std::uint64_t seed)
{
    Rng rng(seed);
    Bits bits(static_cast<std::size_t>(count));
    for (auto& bit : bits)
        bit = static_cast<std::uint8_t>(rng.next() & 1);
    return bits;
}

int different_bits(std::size_t a, std::size_t b)
{
    return __builtin_popcountll(a ^ b);
}

/// The root raised cosine at time t in symbols, by its definition; gain 1 at frequency zero.
double root_raised_cosine(double t)
{
    constexpr double b = 0.35;
    if (t == 0.0)
        return 1.0 - b + 4.0 * b / M_PI;
    const double x = M_PI * t;
    return (std::sin(x * (1.0 - b)) + 4.0 * b * t * std::cos(x * (1.0 + b))) / (x * (1.0 - 16.0 * b * b * t * t));
}

TEST(Rml2016aDigital, ConstellationsStandOnTheIntegerGrid)
{
    const std::map<std::string, std::pair<std::size_t, double>> expected = {
        { "BPSK", { 2, 1.0 } }, { "QPSK", { 4, 1.0 } },    { "8PSK", { 8, 1.0 } },
        { "PAM4", { 4, 5.0 } }, { "QAM16", { 16, 10.0 } }, { "QAM64", { 64, 42.0 } },
    };
    for (const auto& [name, size_and_power] : expected) {
        const auto& points = rml2016a_constellation(name);
        EXPECT_EQ(points.size(), size_and_power.first) << name;
        EXPECT_NEAR(mean_power(points), size_and_power.second, 1e-6) << name;
    }
    for (const char* name : { "PAM4", "QAM16", "QAM64" })
        for (const auto& point : rml2016a_constellation(name)) {
            EXPECT_EQ(std::fmod(std::abs(point.real()), 2.0f), 1.0f) << name;
            EXPECT_EQ(std::fmod(std::abs(point.imag()), 2.0f), std::string(name) == "PAM4" ? 0.0f : 1.0f) << name;
        }
    for (const auto& point : rml2016a_constellation("QPSK"))
        EXPECT_NEAR(std::abs(point.real()), std::abs(point.imag()), 1e-6);
    for (const auto& point : rml2016a_constellation("BPSK"))
        EXPECT_NEAR(point.imag(), 0.0, 1e-6);
}

TEST(Rml2016aDigital, NeighborsDifferInOneBit)
{
    for (const auto& name : kLinear) {
        const auto& points = rml2016a_constellation(name);
        float nearest = 1e9f;
        for (std::size_t a = 1; a < points.size(); ++a)
            nearest = std::min(nearest, std::abs(points[a] - points[0]));
        int pairs = 0;
        for (std::size_t a = 0; a < points.size(); ++a)
            for (std::size_t b = 0; b < a; ++b)
                if (std::abs(points[a] - points[b]) < 1.01f * nearest) {
                    EXPECT_EQ(different_bits(a, b), 1) << name << " " << a << " " << b;
                    ++pairs;
                }
        EXPECT_GE(pairs, static_cast<int>(points.size()) - 1) << name;
    }
}

/// The pulse of symbol 0, from two messages that differ in it alone.
Samples pulse()
{
    Bits bits(89, 0);
    Samples first = rml2016a_linear("BPSK", bits);
    bits[0] = 1;
    const Samples second = rml2016a_linear("BPSK", bits);
    for (std::size_t n = 0; n < first.size(); ++n)
        first[n] = (first[n] - second[n]) / 2.0f;
    return first;
}

TEST(Rml2016aDigital, PulseIsARootRaisedCosineAfterTheRunIn)
{
    const Samples p = pulse();
    ASSERT_EQ(p.size(), 89u * 8);
    for (int n = 0; n <= 704; ++n)
        EXPECT_NEAR(p[n].real(), root_raised_cosine((n - 352) / 8.0), 1e-4) << n;
}

TEST(Rml2016aDigital, SpectrumIsTheRootOfARaisedCosine)
{
    const Samples p = pulse();
    for (int i = 0; i <= 40; ++i) {
        const double symbol_rates = i / 40.0 * 0.9;
        const double into = std::clamp((symbol_rates - 0.325) / 0.35, 0.0, 1.0);
        EXPECT_NEAR(std::abs(fourier(p, symbol_rates / 8.0, 0, p.size())) / 8.0, std::cos(M_PI / 2 * into), 8e-3)
            << symbol_rates;
    }
}

TEST(Rml2016aDigital, RunInIsNearlySilent)
{
    const Samples x = rml2016a_linear("QPSK", random_bits(4000, 1));
    EXPECT_LT(mean_power(x, 0, 280), 1e-3);
    EXPECT_NEAR(mean_power(x, 400, 16000), 1.0, 0.05);
}

TEST(Rml2016aDigital, MeanPowerIsThatOfTheConstellation)
{
    for (const auto& name : kLinear) {
        const Samples x = rml2016a_linear(name, random_bits(24000, 2));
        const double expected = mean_power(rml2016a_constellation(name));
        EXPECT_NEAR(mean_power(x, 400, x.size()) / expected, 1.0, 0.06) << name;
    }
}

TEST(Rml2016aDigital, EachClassTakesItsBitsPerSymbol)
{
    EXPECT_EQ(rml2016a_linear("BPSK", Bits(7)).size(), 7u * 8);
    EXPECT_EQ(rml2016a_linear("8PSK", Bits(10000)).size(), 3333u * 8);
    EXPECT_EQ(rml2016a_linear("QAM64", Bits(30000)).size(), 5000u * 8);
    EXPECT_TRUE(rml2016a_linear("QAM64", Bits(5)).empty());
    EXPECT_TRUE(rml2016a_gfsk({}).empty());
    EXPECT_TRUE(rml2016a_cpfsk({}).empty());
}

double phase_step(const Samples& x, std::size_t n)
{
    return std::arg(x[n] * std::conj(x[n - 1]));
}

TEST(Rml2016aDigital, CpfskTurnsByAnEighthOfAQuarterTurnPerSample)
{
    const Bits bits = random_bits(500, 4);
    const Samples x = rml2016a_cpfsk(bits);
    ASSERT_EQ(x.size(), 4000u);
    EXPECT_LT(envelope_error(x), 1e-5);
    for (std::size_t n = 1; n < x.size(); ++n)
        ASSERT_NEAR(phase_step(x, n), (bits[n / 8] ? 1.0 : -1.0) * M_PI / 16, 1e-4) << n;
}

TEST(Rml2016aDigital, GfskFollowsTheGaussianFilteredBits)
{
    const Bits bits = random_bits(300, 5);
    const Samples x = rml2016a_gfsk(bits);
    ASSERT_EQ(x.size(), 2400u);
    const double deviation = 8.0 * std::sqrt(std::log(2.0)) / (2.0 * M_PI * 0.35);
    double sum = 0.0;
    for (int i = 0; i < 32; ++i)
        sum += std::exp(-0.5 * std::pow((i - 15) / deviation, 2.0));
    double largest = 0.0;
    for (std::size_t n = 1; n < x.size(); ++n) {
        double expected = 0.0;
        for (int i = 0; i < 32 && i <= static_cast<int>(n); ++i)
            expected += (bits[(n - static_cast<std::size_t>(i)) / 8] ? 1.0 : -1.0) *
                        std::exp(-0.5 * std::pow((i - 15) / deviation, 2.0)) / sum;
        ASSERT_NEAR(phase_step(x, n), 0.1 * expected, 1e-4) << n;
        largest = std::max(largest, std::abs(phase_step(x, n)));
        ASSERT_NEAR(std::abs(x[n]), 0.999, 1e-5);
    }
    EXPECT_NEAR(largest, 0.1, 1e-3); // reached where three bits and more agree
}

} // namespace
} // namespace prunedamr::synth
