// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

namespace prunedamr::synth {
namespace {

double frequency_at(const Samples& x, std::size_t n)
{
    return std::arg(std::complex<double>(x[n + 1]) * std::conj(std::complex<double>(x[n]))) / (2.0 * M_PI);
}

TEST(Chirp, SweepsTheBandOncePerSymbolFromThePlaceOfTheSymbol)
{
    ChirpConfig config;
    config.bandwidth = 0.25;
    config.spreading_factor = 7; // 512 samples per symbol
    const Samples x = modulate_chirp({ 0, 32, 127 }, config, 1536);
    EXPECT_LT(envelope_error(x), 1e-5);
    for (const std::size_t n : { 1u, 100u, 400u })
        EXPECT_NEAR(frequency_at(x, n), -0.125 + 0.25 * static_cast<double>(n) / 512, 1e-3);
    EXPECT_NEAR(frequency_at(x, 512), -0.125 + 0.25 * 32 / 128, 1e-3);
    EXPECT_NEAR(frequency_at(x, 512 + 500), -0.125 + 0.25 * (500.0 / 512 + 32.0 / 128 - 1.0), 1e-3);
    EXPECT_NEAR(frequency_at(x, 1024), -0.125 + 0.25 * 127 / 128, 1e-3);
    config.downwards = true;
    EXPECT_NEAR(frequency_at(modulate_chirp({ 0 }, config, 300), 200), 0.125 - 0.25 * 200 / 512, 1e-3);
}

TEST(Chirp, PreambleIsNotShiftedAndNoSamplesAreNoFault)
{
    ChirpConfig config;
    config.preamble = 2;
    const Samples plain = modulate_chirp({ 0, 0 }, config, 512);
    EXPECT_EQ(modulate_chirp({ 77, 33 }, config, 512), plain);
    EXPECT_TRUE(modulate_chirp({}, config, 0).empty());
}

} // namespace
} // namespace prunedamr::synth
