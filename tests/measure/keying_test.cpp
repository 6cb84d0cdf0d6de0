// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/measure/estimators.h"
#include "prunedamr/measure/fsk.h"
#include "prunedamr/measure/on_off.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace prunedamr;
using namespace prunedamr::measure;
using namespace prunedamr::test;

namespace {

constexpr int kTrials = 4;

struct Estimators : Loaded {
    Fsk fsk{ space };
    OnOff on_off{ space };
};

Made fsk_signal(int tones, double index, double bt, int symbols, double snr_db, Rng& rng)
{
    FskSignal signal;
    signal.tones = tones;
    signal.index = index;
    signal.bandwidth_time = bt;
    signal.snr_db = snr_db;
    signal.samples_per_symbol = 1.2 * ((tones - 1) * index + 1.2) * rng.log_uniform(1.0, 4.0);
    signal.count = static_cast<int>(symbols * signal.samples_per_symbol);
    return make(signal, rng);
}

} // namespace

TEST(Fsk, RateTonesAndIndex)
{
    const struct {
        int tones;
        double index, bt, tolerance;
    } cases[] = { { 2, 0.5, 0, 0.03 }, { 2, 0.5, 0.5, 0.03 }, { 2, 0.5, 0.3, 0.06 }, { 2, 0.35, 0.5, 0.06 }, { 2, 1.0, 0, 0.03 },
                  { 2, 3.0, 0, 0.03 }, { 4, 0.5, 0.5, 0.03 }, { 4, 1.0, 0, 0.03 },   { 8, 0.5, 0, 0.03 } };
    Estimators of;
    for (const auto& c : cases)
        for (int trial = 0; trial < kTrials; ++trial) {
            Rng rng(100 + trial);
            const Made made = fsk_signal(c.tones, c.index, c.bt, 200, 12.0, rng);
            ASSERT_TRUE(of.load(made, rng));
            const FskNumbers found = of.fsk.measure(of.front, 0.0);
            SCOPED_TRACE(testing::Message() << c.tones << " tones, index " << c.index << ", BT " << c.bt << ", trial " << trial);
            EXPECT_TRUE(found.is_accepted);
            EXPECT_EQ(found.tones, c.tones);
            EXPECT_NEAR(found.rate / made.rate, 1.0, 1e-3);
            EXPECT_NEAR(found.index / c.index, 1.0, c.tolerance);
            EXPECT_NEAR(of.front.center() + found.carrier, made.center, 0.06 * made.rate * (c.tones - 1) * c.index);
            if (c.tones == 2 && c.index < 0.8) {
                EXPECT_EQ(found.shape > 0.11, c.bt > 0) << found.shape;
            }
        }
}

TEST(Fsk, OtherSignalsAreRefused)
{
    Estimators of;
    int accepted = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
        Rng rng(200 + trial);
        for (const Made& made : { make_noise(8192, 0.2, rng), make_am(8192, 0.3, 0.04, 15.0, rng),
                                  linear("16QAM", Pulse::root_raised_cosine, 0.35, 800, 15.0, rng),
                                  make(OfdmSignal{}, rng) }) {
            ASSERT_TRUE(of.load(made, rng));
            const FskNumbers found = of.fsk.measure(of.front, 0.0);
            // Without a hint that it is FSK an open eye and a steady envelope are asked for.
            accepted += found.is_accepted && found.eye < 0.2 && found.envelope_variation < 0.3;
        }
    }
    EXPECT_EQ(accepted, 0);
}

TEST(OnOff, ChipRateAndDuty)
{
    Estimators of;
    for (int trial = 0; trial < 2 * kTrials; ++trial) {
        Rng rng(300 + trial);
        LinearSignal signal;
        signal.alphabet = "OOK";
        signal.pulse = Pulse::rectangular;
        signal.samples_per_symbol = rng.log_uniform(5.0, 60.0);
        signal.count = static_cast<int>(150 * signal.samples_per_symbol);
        signal.es_n0_db = 15.0;
        const Made made = make(signal, rng);
        ASSERT_TRUE(of.load(made, rng));
        const OnOffNumbers found = of.on_off.measure(of.front);
        EXPECT_TRUE(found.is_accepted);
        EXPECT_NEAR(found.rate / made.rate, 1.0, 2e-3);
        EXPECT_NEAR(found.duty, 0.5, 0.15);
    }
}

TEST(OnOff, SteadySignalsAreRefused)
{
    Estimators of;
    for (int trial = 0; trial < kTrials; ++trial) {
        Rng rng(400 + trial);
        for (const Made& made : { make_noise(8192, 0.2, rng), make_fm(8192, 0.03, 0.02, true, 15.0, rng),
                                  fsk_signal(2, 1.0, 0, 300, 15.0, rng) }) {
            ASSERT_TRUE(of.load(made, rng));
            EXPECT_FALSE(of.on_off.measure(of.front).is_accepted);
        }
    }
}
