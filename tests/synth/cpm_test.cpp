// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/cpm.h"
#include "synth/synth_testing.h"

#include <gtest/gtest.h>

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
