// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/ook.h"
#include "synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::synth {
namespace {

TEST(Ook, IsOneCarrierPhaseSwitchedBetweenTwoLevels)
{
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Rng rng(seed);
        const Samples x = modulate_ook(12.7, 4099, rng);
        int high = 0, low = 0;
        for (const auto& sample : x) {
            ASSERT_EQ(sample.imag(), 0.0f);
            ASSERT_GT(sample.real(), -0.25f) << "seed " << seed;
            ASSERT_LT(sample.real(), 1.25f);
            high += sample.real() > 0.8f;
            low += sample.real() < 0.2f;
        }
        EXPECT_GT(high, 200) << "seed " << seed;
        EXPECT_GT(low, 800) << "seed " << seed;
    }
}

TEST(Ook, ServesChipsOfOneSample)
{
    Rng rng(5);
    EXPECT_EQ(modulate_ook(1.0, 211, rng).size(), 211u);
}

} // namespace
} // namespace prunedamr::synth
