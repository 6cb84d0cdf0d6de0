// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/fft.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

namespace prunedamr::synth {
namespace {

TEST(WhiteNoise, HasTheMomentsAndTailsOfANormal)
{
    Rng rng(1);
    Samples x(400009);
    add_noise(x, 4.0, rng);
    const auto count = static_cast<double>(x.size());
    double fourth = 0.0, rails = 0.0;
    int beyond_two = 0, beyond_three = 0;
    for (const auto& sample : x) {
        fourth += std::pow(std::norm(sample), 2.0) / count;
        rails += sample.real() * sample.imag() / count;
        const float deviations = std::abs(sample.real()) / std::sqrt(2.0f);
        beyond_two += deviations > 2.0f;
        beyond_three += deviations > 3.0f;
    }
    EXPECT_NEAR(mean_power(x), 4.0, 0.03);
    EXPECT_NEAR(fourth, 2.0 * 16.0, 0.6);
    EXPECT_NEAR(rails, 0.0, 0.02);
    EXPECT_NEAR(beyond_two / count, 0.0455, 0.0015);
    EXPECT_NEAR(beyond_three / count, 0.0027, 0.0004);
}

TEST(WhiteNoise, IsWhite)
{
    Rng rng(2);
    Samples x(65536);
    add_noise(x, 1.0, rng);
    transform_forward(x);
    for (std::size_t band = 0; band < 8; ++band)
        EXPECT_NEAR(mean_power(x, band * 8192, (band + 1) * 8192) / 65536, 1.0, 0.05);
}

TEST(WhiteNoise, DensityGivesTheSnrInTheBand)
{
    EXPECT_DOUBLE_EQ(noise_density(2.0, 0.25, 10.0), 0.8);
    EXPECT_DOUBLE_EQ(noise_density(1.0, 1.0, 0.0), 1.0);
}

} // namespace
} // namespace prunedamr::synth
