// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/synth/rml2016a/rml2016a_channel.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace prunedamr::synth {
namespace {

constexpr double kDoppler = 2.0 * M_PI / 200e3;

/// GNU Radio 3.7's gain written out plainly: the phases are those of a twister, in the order in which it draws
/// them.
std::complex<double> reference_gain(int path, double t)
{
    std::mt19937 twister(0x1337 + static_cast<unsigned>(path));
    const auto draw = [&] { return -M_PI + 2.0 * M_PI * static_cast<double>(twister()) / 4294967296.0; };
    const double theta = draw(), theta_los = draw();
    double psi[9], phi[9];
    for (int n = 0; n < 9; ++n) {
        psi[n] = draw();
        phi[n] = draw();
    }
    std::complex<double> h = 0.0;
    for (int n = 1; n <= 7; ++n) {
        const double a = (2.0 * M_PI * n - M_PI + theta) / 32.0;
        h += std::sqrt(2.0 / 8.0) * std::complex<double>(std::cos(kDoppler * t * std::cos(a) + psi[n + 1]),
                                                         std::cos(kDoppler * t * std::sin(a) + phi[n + 1]));
    }
    if (path != 0)
        return h;
    return h / std::sqrt(5.0) + std::sqrt(4.0 / 5.0) * std::polar(1.0, kDoppler * t * std::cos(theta_los) + psi[0]);
}

/// Mean of |h|^2 and of h(t) conj(h(0)) over many independent phases.
struct Moments {
    double power = 0.0;
    std::complex<double> correlation = 0.0;
};

Moments moments(int path, double t)
{
    constexpr int kDraws = 20000;
    Rng rng(7);
    Moments found;
    for (int i = 0; i < kDraws; ++i) {
        const auto paths = random_fading_paths(rng);
        const auto h = paths[path].gain(t);
        found.power += std::norm(h) / kDraws;
        found.correlation += h * std::conj(paths[path].gain(0.0)) / static_cast<double>(kDraws);
    }
    return found;
}

TEST(Rml2016aFading, FirstPhaseIsTheTwistersFirstWord)
{
    // The reference is only as good as its phases: the first word of MT19937 seeded 0x1337 by the published
    // algorithm.
    std::uint32_t state[624] = { 0x1337 };
    for (std::uint32_t i = 1; i < 624; ++i)
        state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    const std::uint32_t mixed = (state[0] & 0x80000000u) | (state[1] & 0x7fffffffu);
    std::uint32_t word = state[397] ^ (mixed >> 1) ^ ((mixed & 1u) != 0 ? 0x9908b0dfu : 0u);
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c5680u;
    word ^= (word << 15) & 0xefc60000u;
    word ^= word >> 18;
    EXPECT_EQ(std::mt19937(0x1337)(), word);
}

TEST(Rml2016aFading, PathsFollowTheFormula)
{
    const auto paths = rml_fading_paths();
    for (int path = 0; path < kFadingPaths; ++path)
        for (const double t : { 0.0, 1.0, 12345.0, 80000.0 })
            EXPECT_LT(std::abs(paths[path].gain(t) - reference_gain(path, t)), 1e-9) << path << " " << t;
}

TEST(Rml2016aFading, FadesASignalAsThePlainSumSays)
{
    Rng rng(3);
    Samples x(5003);
    for (auto& sample : x)
        sample = rng.complex_normal();
    Samples faded = x;
    Fader(Fading::rml).apply(faded, rng);
    ASSERT_EQ(faded.size(), x.size());
    const double delays[] = { 0.0, 0.9, 1.7 }, magnitudes[] = { 1.0, 0.8, 0.3 };
    for (std::size_t n = 0; n < x.size(); n = n < 20 ? n + 1 : n + 97) {
        std::complex<double> expected = 0.0;
        for (int path = 0; path < 3; ++path)
            for (int k = 0; k < 8 && k <= static_cast<int>(n); ++k) {
                const double u = 2.0 * M_PI * (k - delays[path]);
                const double tap = magnitudes[path] * (u == 0.0 ? 1.0 : std::sin(u) / u);
                expected += reference_gain(path, static_cast<double>(n)) * tap *
                            std::complex<double>(x[n - static_cast<std::size_t>(k)]);
            }
        ASSERT_LT(std::abs(std::complex<double>(faded[n]) - expected), 1e-5) << n;
    }
}

TEST(Rml2016aFading, MeanPowersAreThoseOfSevenOfEightSinusoids)
{
    EXPECT_NEAR(moments(1, 0.0).power, 1.75, 0.03);
    EXPECT_NEAR(moments(0, 0.0).power, (4.0 + 1.75) / 5.0, 0.02);
}

TEST(Rml2016aFading, CorrelationIsThatOfTheSinusoids)
{
    // Over phases: mean over theta of (1/8) sum over n of [cos(w t cos a) + cos(w t sin a)], here by quadrature.
    const double t = 60000.0;
    double expected = 0.0;
    for (int i = 0; i < 1000; ++i)
        for (int n = 1; n <= 7; ++n) {
            const double a = (2.0 * M_PI * n - M_PI + (i + 0.5) / 1000 * 2.0 * M_PI - M_PI) / 32.0;
            expected += (std::cos(kDoppler * t * std::cos(a)) + std::cos(kDoppler * t * std::sin(a))) / 8.0 / 1000;
        }
    const auto found = moments(1, t);
    EXPECT_NEAR(found.correlation.real(), expected, 0.04);
    EXPECT_NEAR(found.correlation.imag(), 0.0, 0.04);
    EXPECT_LT(expected, 1.4); // it has moved
}

TEST(Rml2016aFading, ModernPathsHaveMeanPowerOne)
{
    double rayleigh = 0.0, rician = 0.0;
    constexpr int kSeeds = 4000;
    for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
        const auto paths = modern_fading_paths(seed * 3);
        rician += std::norm(paths[0].gain(0.0)) / kSeeds;
        rayleigh += std::norm(paths[2].gain(0.0)) / kSeeds;
    }
    EXPECT_NEAR(rayleigh, 1.0, 0.06);
    EXPECT_NEAR(rician, 1.0, 0.04);
}

TEST(Rml2016aFading, OnlyRandomDiffersBetweenChains)
{
    for (const auto model : { Fading::rml, Fading::modern, Fading::none, Fading::random }) {
        Samples a(64, 1.0f), b(64, 1.0f);
        Rng rng(1);
        const Fader fader(model);
        fader.apply(a, rng);
        fader.apply(b, rng);
        EXPECT_EQ(a == b, model != Fading::random);
        EXPECT_EQ(a == Samples(64, 1.0f), model == Fading::none);
    }
}

TEST(Rml2016aFading, TakesAnyLength)
{
    Rng rng(1);
    const Fader fader(Fading::rml);
    Samples whole(257, 1.0f);
    fader.apply(whole, rng);
    for (const std::size_t size : { 0, 1, 127, 128, 129, 256 }) {
        Samples part(size, 1.0f);
        fader.apply(part, rng);
        EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin())) << size;
    }
}

TEST(Rml2016aFading, RefusesAnUnknownModel)
{
    try {
        fading_from_string("rayleigh");
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "recipe rml2016a: unknown fading: found rayleigh, expected rml, modern, random or none");
    }
}

} // namespace
} // namespace prunedamr::synth
