// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/dsp/signals.h"
#include "prunedamr/dsp/channelizer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace prunedamr::dsp {
namespace {

using test::Samples;

/// Power of the channel's output for a tone of power 1 at `frequency`.
double gain_db(double center, double least_ratio, double frequency)
{
    Channel channel(center, least_ratio, 500);
    Samples in = test::tone(channel.input_length(), frequency), out(500);
    const int count = channel.process(in.data(), channel.input_length(), out.data());
    EXPECT_EQ(count, 500);
    double power = 0.0;
    for (int i = 0; i < count; ++i)
        power += std::norm(out[i]) / count;
    return 10.0 * std::log10(power + 1e-30);
}

TEST(Channel, RatioIsTheLeastOfTheLadderThatIsEnough)
{
    EXPECT_EQ(Channel(0.0, 1.0, 100).ratio(), 1.0);
    EXPECT_EQ(Channel(0.0, 1.0, 100).input_length(), 100);
    EXPECT_NEAR(Channel(0.0, 0.5, 100).ratio(), 0.5, 1e-6);
    EXPECT_NEAR(Channel(0.0, 0.49, 100).ratio(), 0.5, 1e-6);
    EXPECT_NEAR(Channel(0.0, 0.42, 100).ratio(), std::exp2(-1.25), 1e-6);
    EXPECT_NEAR(Channel(0.0, 1.0 / 300, 100).ratio(), 1.0 / 256, 1e-6);
}

TEST(Channel, PassesItsBandAndNothingElse)
{
    for (const double ratio : { 1.0 / 4, 1.0 / 64, 1.0 / 256 })
        for (const double center : { 0.0, 0.31, -0.44 }) {
            for (const double inside : { -0.35, -0.2, 0.0, 0.35 })
                EXPECT_NEAR(gain_db(center, ratio, center + inside * ratio), 0.0, 0.3) << ratio << " " << inside;
            for (const double outside : { -1.2, 0.7, 1.01, 1.7 }) // lands inside if it is not filtered out
                EXPECT_LT(gain_db(center, ratio, center + outside * ratio), -55.0) << ratio << " " << outside;
        }
}

TEST(Channel, TheShiftAloneTurnsEachSample)
{
    Channel channel(0.123, 1.0, 997);
    Samples in = test::tone(997, 0.123), out(997);
    EXPECT_EQ(channel.process(in.data(), 997, out.data()), 997);
    for (const auto& x : out)
        EXPECT_NEAR(std::abs(x - std::complex<float>(1.0f, 0.0f)), 0.0f, 1e-3f);
}

TEST(Channel, ABlockTooShortForTheFilterGivesNothingAndALongOneStaysWithinItsLength)
{
    Channel channel(0.2, 1.0 / 64, 300);
    Samples in = test::tone(channel.input_length(), 0.2), out(300);
    for (const int count : { 0, 1, 100 })
        EXPECT_EQ(channel.process(in.data(), count, out.data()), 0);
    EXPECT_LE(Channel(0.0, 1e-6, 8192).input_length(), 1 << 22);
}

} // namespace
} // namespace prunedamr::dsp
