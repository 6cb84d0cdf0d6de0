// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/measure/estimators.h"
#include "prunedamr/measure/symbol_rate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace prunedamr;
using namespace prunedamr::measure;
using namespace prunedamr::test;

namespace {

constexpr int kTrials = 5;

struct Estimators : Loaded {
    SymbolRate rate{ space };

    RateLine find(const Made& made, Rng& rng)
    {
        EXPECT_TRUE(load(made, rng));
        return rate.find(front);
    }
};

} // namespace

TEST(SymbolRate, IsRightToATenThousandthFromAThousandSymbols)
{
    const struct {
        const char* alphabet;
        Pulse pulse;
        double shape;
    } cases[] = { { "QPSK", Pulse::root_raised_cosine, 0.2 },  { "8PSK", Pulse::root_raised_cosine, 0.25 },
                  { "256QAM", Pulse::root_raised_cosine, 0.35 }, { "BPSK", Pulse::rectangular, 0 },
                  { "OQPSK", Pulse::half_sine, 0 },              { "OQPSK", Pulse::root_raised_cosine, 0.35 },
                  { "pi/4-DQPSK", Pulse::root_raised_cosine, 0.35 }, { "QPSK", Pulse::gaussian, 0.5 },
                  { "OOK", Pulse::rectangular, 0 },              { "4ASK", Pulse::root_raised_cosine, 0.3 } };
    Estimators of;
    for (const auto& c : cases)
        for (int trial = 0; trial < kTrials; ++trial) {
            Rng rng(100 + trial);
            const Made made = linear(c.alphabet, c.pulse, c.shape, 1000, 10.0, rng);
            const RateLine line = of.find(made, rng);
            EXPECT_GT(line.score, 4.0) << c.alphabet << ", shape " << c.shape << ", trial " << trial;
            EXPECT_NEAR(line.rate / made.rate, 1.0, 2e-4) << c.alphabet << ", shape " << c.shape << ", trial " << trial;
            EXPECT_LT(std::fabs(line.rate - made.rate), 4.0 * line.rate_error) << c.alphabet << ", trial " << trial;
        }
}

TEST(SymbolRate, ConjugateLinesGiveTheCarrierOfOffsetQpsk)
{
    Estimators of;
    for (int trial = 0; trial < kTrials; ++trial) {
        Rng rng(200 + trial);
        const Made made = linear("OQPSK", Pulse::half_sine, 0, 500, 15.0, rng);
        const RateLine line = of.find(made, rng);
        EXPECT_TRUE(line.is_conjugate);
        EXPECT_NEAR(of.front.center() + line.carrier, made.center, 1e-3 * made.rate);
    }
}

TEST(SymbolRate, NoLineWhereThereIsNone)
{
    Estimators of;
    for (int trial = 0; trial < 4 * kTrials; ++trial) {
        Rng rng(300 + trial);
        for (const double bandwidth : { 1.0, 0.3, 0.05 })
            EXPECT_LT(of.find(make_noise(4096, bandwidth, rng), rng).score, 6.0);
        EXPECT_LT(of.find(make_am(8192, 0.3, 0.04, 20.0, rng), rng).score, 6.0);
        EXPECT_LT(of.find(make_fm(8192, 0.03, 0.03, false, 20.0, rng), rng).score, 6.0);
        EXPECT_LT(of.find(make_carrier(8192, 20.0, rng), rng).score, 6.0);
    }
}

TEST(Front, HalfPowerWidthIsTheSymbolRateWhateverTheRollOff)
{
    Estimators of;
    for (const double roll_off : { 0.2, 0.35, 0.5 }) {
        Rng rng(400);
        const Made made = linear("QPSK", Pulse::root_raised_cosine, roll_off, 1500, 20.0, rng);
        of.find(made, rng);
        EXPECT_NEAR(of.front.half_width() / made.rate, 1.0, 0.08) << roll_off;
        EXPECT_NEAR(of.front.center() + of.front.centroid(), made.center, 0.05 * made.rate);
    }
}

TEST(Front, RefusesWhatIsNoSignal)
{
    Workspace space(4096);
    Front front(space);
    Samples x(2000);
    const auto load = [&](std::size_t count) {
        const Piece piece{ x.data(), count };
        return front.load(&piece, 1, { 0.0, 0.3 });
    };
    EXPECT_FALSE(load(2000)) << "zeros";
    x.assign(2000, 1e-18f);
    EXPECT_TRUE(load(2000)) << "weak, but there";
    EXPECT_FALSE(load(63));
    EXPECT_FALSE(load(0));
    x[1000] = NAN;
    EXPECT_FALSE(load(2000));
}

TEST(Front, PiecesAreOneDecision)
{
    Rng rng(1);
    const Made made = linear("QPSK", Pulse::root_raised_cosine, 0.35, 300, 20.0, rng);
    Workspace space(16384);
    Front whole(space), parts(space);
    const Piece one{ made.samples.data(), made.samples.size() };
    const Piece two[] = { { made.samples.data(), 100 }, { made.samples.data() + 100, made.samples.size() - 100 } };
    ASSERT_TRUE(whole.load(&one, 1, { made.center, made.bandwidth }));
    ASSERT_TRUE(parts.load(two, 2, { made.center, made.bandwidth }));
    EXPECT_EQ(whole.samples(), parts.samples());
    EXPECT_TRUE(std::equal(whole.spectrum(), whole.spectrum() + whole.bins(), parts.spectrum()));
}
