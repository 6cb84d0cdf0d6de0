// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/modulation.h"
#include "prunedamr/synth/onair.h"
#include "synth/synth_testing.h"

#include <gtest/gtest.h>

namespace prunedamr::synth {
namespace {

TEST(OnairReception, LabelsStandInTheClassTable)
{
    const auto labels = onair_labels();
    for (const auto& label : labels)
        EXPECT_NE(find_modulation(label), nullptr) << label;
}

TEST(OnairReception, EveryClassGivesFiniteSamplesOfAnyLength)
{
    for (const auto& label : onair_labels()) {
        for (const int count : { 1, 211, 4096 }) {
            Rng rng(static_cast<std::uint64_t>(count));
            const Reception reception = onair_reception(label, count, std::nanf(""), rng);
            ASSERT_EQ(reception.samples.size(), static_cast<std::size_t>(count));
            EXPECT_EQ(reception.label, label);
            for (const auto& x : reception.samples)
                ASSERT_TRUE(std::isfinite(x.real()) && std::isfinite(x.imag())) << label;
            EXPECT_GT(mean_power(reception.samples), 0.0) << label;
            EXPECT_GT(reception.bandwidth, 0.0f);
            EXPECT_LE(reception.bandwidth, 1.0f);
            EXPECT_EQ(std::isnan(reception.snr_db), label == "noise");
            if (label != "noise") {
                EXPECT_GE(reception.snr_db, -6.0f);
                EXPECT_LE(reception.snr_db, 40.0f);
                EXPECT_LE(std::abs(reception.center) + reception.bandwidth / 2, 0.5f);
            }
        }
    }
}

TEST(OnairReception, EnergyFollowsTheBurst)
{
    int partial = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Rng rng(seed);
        const auto energy = onair_reception("MSK", 4096, 20.0f, rng).energy;
        ASSERT_EQ(energy.size(), 4096u / kEnergyStep + 1);
        partial += energy.back() < 4090.0f;
        EXPECT_LE(energy.back(), 4097.0f);
    }
    EXPECT_NEAR(partial, 40, 16); // one in five begins or ends inside
}

TEST(OnairReception, UnknownLabelIsNamedWithTheKnownOnes)
{
    Rng rng(1);
    try {
        onair_reception("4FSK", 1024, 10.0f, rng);
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("unknown label: found 4FSK, expected noise, OOK"),
                  std::string::npos);
    }
}

} // namespace
} // namespace prunedamr::synth
