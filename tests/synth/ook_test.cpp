// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

namespace prunedamr::synth {
namespace {

/// On for more than half of a chip: '1', else '0', chip by chip.
std::string chips_of(const Samples& x, int samples_per_chip)
{
    std::string chips;
    for (std::size_t n = 0; n + static_cast<std::size_t>(samples_per_chip) <= x.size();
         n += static_cast<std::size_t>(samples_per_chip)) {
        float sum = 0.0f;
        for (int k = 0; k < samples_per_chip; ++k)
            sum += x[n + static_cast<std::size_t>(k)].real();
        chips += sum > 0.5f * static_cast<float>(samples_per_chip) ? '1' : '0';
    }
    return chips;
}

std::string keyed(KeyingCode code, const Symbols& bits, int chips)
{
    OokConfig config;
    config.samples_per_chip = 20.0;
    config.code = code;
    return chips_of(modulate_ook(bits, config, 20 * chips), 20);
}

TEST(Ook, CodesArePulsesAsDefined)
{
    const Symbols bits = { 1, 0, 0, 1, 1, 1, 1, 1 };
    EXPECT_EQ(keyed(KeyingCode::plain, bits, 6), "100111");
    EXPECT_EQ(keyed(KeyingCode::manchester, bits, 8), "10010110");
    EXPECT_EQ(keyed(KeyingCode::pulse_position, bits, 8), "10010110");
    EXPECT_EQ(keyed(KeyingCode::pulse_width, bits, 12), "110100100110");
    EXPECT_EQ(keyed(KeyingCode::pulse_distance, bits, 10), "1001010100");
}

TEST(Ook, IsRealAndLeaksAsMuchAsIsSaid)
{
    Rng rng(1);
    OokConfig config;
    config.samples_per_chip = 12.7;
    config.message_chips = 30.0;
    config.gap_chips = 20.0;
    config.leak = 0.1;
    const Samples x = modulate_ook(draw_symbols(2, 400, rng), config, 4099);
    int high = 0, low = 0;
    for (const auto& sample : x) {
        ASSERT_EQ(sample.imag(), 0.0f);
        ASSERT_GT(sample.real(), -0.25f);
        ASSERT_LT(sample.real(), 1.25f);
        high += sample.real() > 0.8f;
        low += std::abs(sample.real() - 0.1f) < 0.03f;
    }
    EXPECT_GT(high, 700);
    EXPECT_GT(low, 1500);
}

TEST(Ook, ServesChipsOfOneSample)
{
    Rng rng(5);
    OokConfig config;
    config.samples_per_chip = 1.0;
    EXPECT_EQ(modulate_ook(draw_symbols(2, 300, rng), config, 211).size(), 211u);
}

} // namespace
} // namespace prunedamr::synth
