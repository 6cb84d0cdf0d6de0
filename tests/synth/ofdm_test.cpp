// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/fft.h"
#include "prunedamr/synth/signal/modulators.h"
#include "prunedamr/synth/signal/symbols.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::synth {
namespace {

OfdmConfig config_64()
{
    OfdmConfig config;
    config.transform_size = 64;
    config.guard = 16;
    config.occupied = 0.8125; // 26 carriers on either side, as in IEEE 802.11a
    return config;
}

TEST(Ofdm, PrefixRepeatsTheEndOfEachSymbol)
{
    Rng rng(1);
    const Samples x = modulate_ofdm(config_64(), 80 * 50, true, rng);
    for (std::size_t symbol = 0; symbol < 50; ++symbol)
        for (std::size_t n = 0; n < 16; ++n)
            EXPECT_EQ(x[80 * symbol + n], x[80 * symbol + n + 64]);
    EXPECT_NEAR(mean_power(x), 1.0, 0.05);
}

TEST(Ofdm, CarriersHoldConstellationPointsAndZeroHoldsNone)
{
    Rng rng(2);
    OfdmConfig config = config_64();
    config.carrier_modulation = "16QAM";
    const Samples x = modulate_ofdm(config, 80 * 20, true, rng);
    const Samples& points = constellation("16QAM", "test");
    for (std::size_t symbol = 0; symbol < 20; ++symbol) {
        Samples bins(x.begin() + static_cast<std::ptrdiff_t>(80 * symbol + 16),
                     x.begin() + static_cast<std::ptrdiff_t>(80 * symbol + 80));
        transform_forward(bins);
        for (std::size_t k = 0; k < 64; ++k) {
            const auto value = bins[k] * std::sqrt(52.0f) / 64.0f;
            if (k == 0 || (k > 26 && k < 38)) {
                EXPECT_LT(std::abs(value), 1e-4f);
                continue;
            }
            float nearest = 10.0f;
            for (const auto& point : points)
                nearest = std::min(nearest, std::abs(value - point));
            EXPECT_LT(nearest, 1e-4f);
        }
    }
}

TEST(Ofdm, PilotsStandStillAndPrecodingLowersThePeaks)
{
    Rng rng(4);
    OfdmConfig config = config_64();
    config.pilot_spacing = 8;
    const Samples x = modulate_ofdm(config, 80 * 20, true, rng);
    const auto spectrum = [&](int symbol, int carrier) {
        return fourier(x, carrier / 64.0, static_cast<std::size_t>(80 * symbol + 16),
                       static_cast<std::size_t>(80 * symbol + 80)) *
               std::polar(1.0, 2.0 * M_PI * carrier / 64.0 * (80.0 * symbol + 16.0));
    };
    const int first = -static_cast<int>(config.occupied * 32);
    for (int symbol = 1; symbol < 20; ++symbol)
        EXPECT_LT(std::abs(spectrum(symbol, first) - spectrum(0, first)), 1e-3);

    const auto peak = [&](bool precoded) {
        OfdmConfig plain = config_64();
        plain.transform_size = 1024;
        plain.guard = 0;
        plain.carrier_modulation = "QPSK";
        plain.precoded = precoded;
        float highest = 0.0f;
        for (const auto& sample : modulate_ofdm(plain, 1024 * 20, true, rng))
            highest = std::max(highest, std::norm(sample));
        return highest;
    };
    EXPECT_LT(peak(true), 0.75f * peak(false));
}

TEST(Ofdm, PacketsHaveSilenceBetweenThem)
{
    Rng rng(5);
    OfdmConfig config = config_64();
    config.packet_symbols = 5;
    config.gap_symbols = 2.5;
    const Samples x = modulate_ofdm(config, 80 * 200, true, rng);
    std::vector<int> pauses;
    int run = 0;
    for (const auto& sample : x) {
        if (sample == 0.0f) {
            ++run;
        } else {
            if (run > 1) // a preamble may touch zero
                pauses.push_back(run);
            run = 0;
        }
    }
    EXPECT_GE(pauses.size(), 18u); // 5 symbols, the second half of the preamble, 2.5 of silence
    EXPECT_LE(pauses.size(), 24u);
    for (const int pause : pauses)
        EXPECT_NEAR(pause, 200, 3); // values beside it may be zero too
}

TEST(Ofdm, PrefixCorrelationSurvivesFractionalOversampling)
{
    Rng rng(3);
    OfdmConfig config = config_64();
    config.oversampling = 2.5;
    const Samples x = modulate_ofdm(config, 200 * 40, false, rng);
    EXPECT_NEAR(mean_power(x), 1.0, 0.05);
    std::complex<double> at_symbol = 0.0, elsewhere = 0.0;
    for (std::size_t n = 0; n + 200 < x.size(); ++n) {
        at_symbol += std::complex<double>(x[n]) * std::conj(std::complex<double>(x[n + 160]));
        elsewhere += std::complex<double>(x[n]) * std::conj(std::complex<double>(x[n + 137]));
    }
    const double share = std::abs(at_symbol) / (mean_power(x) * static_cast<double>(x.size() - 200));
    EXPECT_NEAR(share, 16.0 / 80.0, 0.04);
    EXPECT_LT(std::abs(elsewhere), 0.3 * std::abs(at_symbol));
}

} // namespace
} // namespace prunedamr::synth
