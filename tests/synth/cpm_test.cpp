// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::synth {
namespace {

double turn(const Samples& x, std::size_t from, std::size_t to)
{
    double phase = 0.0;
    for (std::size_t n = from; n < to; ++n)
        phase += std::arg(std::complex<double>(x[n + 1]) * std::conj(std::complex<double>(x[n])));
    return phase;
}

TEST(Cpm, MskTurnsAQuarterPerSymbolOneWayOrTheOther)
{
    Rng rng(1);
    const Symbols bits = draw_symbols(2, 100, rng);
    const Samples x = modulate_cpm(to_levels(bits, 2), { 8.0, 0.5, 0.0, 0.0 }, 801);
    EXPECT_LT(envelope_error(x), 1e-5);
    for (std::size_t k = 0; k < 100; ++k)
        EXPECT_NEAR(turn(x, 8 * k, 8 * k + 8), bits[k] ? M_PI / 2 : -M_PI / 2, 1e-4) << k;
}

TEST(Cpm, ToneSpacingIsIndexTimesSymbolRateAtFractionalTiming)
{
    Rng rng(2);
    const Symbols bits = draw_symbols(2, 120, rng);
    for (const double h : { 0.7, 1.0, 3.3 }) {
        const Samples x = modulate_cpm(to_levels(bits, 2), { 10.5, h, 0.0, 3.25 }, 1201);
        EXPECT_LT(envelope_error(x), 1e-5);
        for (std::size_t k = 0; k < 110; ++k) {
            const auto first = static_cast<std::size_t>(std::ceil(3.25 + 10.5 * static_cast<double>(k)));
            const double frequency = turn(x, first, first + 9) / 9 / (2.0 * M_PI);
            EXPECT_NEAR(frequency, (bits[k] ? 0.5 : -0.5) * h / 10.5, 1e-4) << h << " " << k;
        }
    }
}

TEST(Cpm, FourTonesStandAtOddMultiplesOfHalfTheSpacing)
{
    EXPECT_EQ(to_levels({ 0, 1, 2, 3 }, 4), (std::vector<float>{ -3.0f, -1.0f, 1.0f, 3.0f }));
    const Samples x = modulate_cpm(to_levels({ 0, 1, 2, 3 }, 4), { 20.0, 0.8, 0.0, 0.0 }, 80);
    for (std::size_t k = 0; k < 4; ++k) {
        const double frequency = turn(x, 20 * k + 1, 20 * k + 18) / 17 / (2.0 * M_PI);
        EXPECT_NEAR(frequency, (2.0 * static_cast<double>(k) - 3.0) * 0.5 * 0.8 / 20.0, 1e-4);
    }
    EXPECT_DOUBLE_EQ(cpm_bandwidth(0.8, 4), 3.4);
}

TEST(Cpm, GaussianPulseIsTheFilteredRectangle)
{
    // One isolated bit against the difference of two all-equal streams: the frequency is the pulse itself.
    const double sps = 16.0, h = 0.5, bt = 0.4;
    Symbols bits(41, 0);
    const Samples without = modulate_cpm(to_levels(bits, 2), { sps, h, bt, 0.0 }, 656);
    bits[20] = 1;
    const Samples with = modulate_cpm(to_levels(bits, 2), { sps, h, bt, 0.0 }, 656);
    const double c = M_PI * bt * std::sqrt(2.0 / std::log(2.0));
    for (std::size_t n = 290; n < 370; ++n) {
        const double t = (static_cast<double>(n) + 0.5) / sps - 20.5;
        const double pulse = 0.5 * (std::erf(c * (t + 0.5)) - std::erf(c * (t - 0.5)));
        const double frequency = (turn(with, n, n + 1) - turn(without, n, n + 1)) * sps / (2.0 * M_PI * h);
        EXPECT_NEAR(frequency, pulse, 0.01) << t;
    }
}

/// Phase pulse by its integral, summed over all symbols.
double plain_turns(const std::vector<float>& levels, const CpmConfig& config, int n)
{
    const double c = M_PI * config.bt * std::sqrt(2.0 / std::log(2.0));
    const auto primitive = [c](double u) {
        return u * std::erf(c * u) + std::exp(-c * c * u * u) / (c * std::sqrt(M_PI));
    };
    double turns = 0.0;
    for (std::size_t k = 0; k < levels.size(); ++k) {
        const double t = (n - config.first_symbol) / config.samples_per_symbol - static_cast<double>(k) - 0.5;
        const double q = config.bt > 0.0 ? 0.5 + 0.5 * (primitive(t + 0.5) - primitive(t - 0.5)) : t + 0.5;
        turns += 0.5 * static_cast<double>(levels[k]) * config.modulation_index *
                 (t <= -2.0  ? 0.0
                  : t >= 2.0 ? 1.0
                             : std::clamp(q, 0.0, 1.0));
    }
    return turns;
}

TEST(Cpm, PhaseIsTheSumOfPulses)
{
    Rng rng(4);
    const std::vector<float> levels = to_levels(draw_symbols(4, 61, rng), 4);
    for (const double bt : { 0.0, 0.25, 0.5, 2.5 })
        for (const double h : { 0.3, 0.5, 1.3 })
            for (const double samples_per_symbol : { 1.0, 2.7, 16.0 }) {
                const CpmConfig config = { samples_per_symbol, h, bt, 2.2 }; // runs out of symbols at both ends
                const Samples x = modulate_cpm(levels, config, 211);
                for (int n = 0; n < 211; ++n) {
                    const auto expected = std::polar(1.0, 2.0 * M_PI * plain_turns(levels, config, n));
                    // A narrow filter's pulse is cut off two symbols from its middle, a wide one bends within a
                    // table step.
                    ASSERT_LT(std::abs(std::complex<double>(x[n]) - expected), 2e-3)
                        << bt << " " << h << " " << samples_per_symbol << " " << n;
                }
            }
}

TEST(Cpm, TwoSamplesPerSymbolAndEmptyWork)
{
    Rng rng(3);
    const Samples x = modulate_cpm(to_levels(draw_symbols(2, 70, rng), 2), { 2.0, 0.5, 0.5, -4.0 }, 127);
    EXPECT_EQ(x.size(), 127u);
    EXPECT_LT(envelope_error(x), 1e-5);
    EXPECT_TRUE(modulate_cpm({}, {}, 0).empty());
}

} // namespace
} // namespace prunedamr::synth
