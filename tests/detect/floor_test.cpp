// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/detect/floor.h"
#include "prunedamr/detect/lines.h"
#include "prunedamr/detect/statistics.h"

#include <gtest/gtest.h>

namespace prunedamr::detect {
namespace {

constexpr int kBins = 512;
constexpr std::size_t kEpoch = 1 << 17;

/// A field of tiles of noise, each with the mean that `power` gives for tile and bin.
template <typename Power> TileField field_of(const Power& power)
{
    TileField field(kBins, kEpoch);
    const std::vector<std::complex<float>> silence(kEpoch + kBins);
    field.advance(silence.data(), silence.size());
    Rng rng(5);
    for (int t = 0; t < field.tiles(); ++t)
        for (int b = 0; b < kBins; ++b) {
            double looks = 0.0;
            for (int i = 0; i < TileField::kRows; ++i)
                looks += std::norm(rng.complex_normal()) / TileField::kRows;
            field.tile(t)[b] = static_cast<float>(looks * power(t, b));
        }
    return field;
}

double error_db(const Floor& floor, int bin, double expected)
{
    return std::abs(10.0 * std::log10(floor.density()[bin] / expected));
}

TEST(Floor, IsThatOfTheNoiseBesideASignalThatFillsHalfTheBand)
{
    auto field = field_of([](int, int b) { return b >= 128 && b < 384 ? 1e-4 * 11.0 : 1e-4; });
    Floor floor(field);
    ASSERT_TRUE(floor.normalize(field));
    for (int b = 16; b < kBins; b += 32)
        EXPECT_LT(error_db(floor, b, 1e-4), b >= 128 && b < 384 ? 4.0 : 1.0) << b;
}

TEST(Floor, FollowsASlopeAndTheEdgesOfAFilter)
{
    const auto shape = [](int b) {
        const double slope = std::pow(10.0, 0.6 * (b / double(kBins) - 0.5));
        return slope * (b < 40 ? std::pow(10.0, -0.05 * (40 - b)) : 1.0);
    };
    auto field = field_of([&](int, int b) { return shape(b); });
    Floor floor(field);
    ASSERT_TRUE(floor.normalize(field));
    for (int b = 64; b < kBins; b += 16)
        EXPECT_LT(error_db(floor, b, shape(b)), 1.2) << b;
}

TEST(Floor, StepsOfTheGainAndSilenceLeaveRatiosOfOne)
{
    auto field = field_of([](int t, int) { return t < 40 ? 1.0 : t < 50 ? 0.0 : t < 100 ? 30.0 : 0.2; });
    Floor floor(field);
    ASSERT_TRUE(floor.normalize(field));
    for (const int t : { 10, 45, 70, 120 }) {
        double mean = 0.0;
        for (int b = 0; b < kBins; ++b)
            mean += field.tile(t)[b] / kBins;
        EXPECT_NEAR(mean, 1.0, 0.2) << t;
    }
}

TEST(Statistics, QuantilesOfTheGammaDistribution)
{
    // Of scipy.stats.gamma(a, scale=1 / a).ppf.
    EXPECT_NEAR(gamma_quantile(4.0f, normal_quantile(0.3f)), 0.69109, 0.01);
    EXPECT_NEAR(gamma_quantile(16.0f, normal_quantile(0.999f)), 1.92, 0.04);
    EXPECT_NEAR(normal_quantile(0.975f), 1.95996, 1e-3);
    EXPECT_NEAR(normal_quantile(0.1f), -1.28155, 1e-3);
}

TEST(Lines, AreNarrowAndLastingAndNoKey)
{
    const auto power = [](int t, int b) {
        const bool lasts = b >= 100 && b < 104, is_wide = b >= 200 && b < 260, is_keyed = b >= 400 && b < 404 && t % 8 < 6;
        return lasts || is_wide || is_keyed ? 50.0 : 1.0;
    };
    auto field = field_of(power);
    const auto before = field_of(power);
    Floor floor(field);
    ASSERT_TRUE(floor.normalize(field));
    Lines lines(field);
    lines.find(field, floor);
    ASSERT_EQ(lines.count(), 1);
    EXPECT_TRUE(lines.crossed_by({ 0, 10, 90, 120 }));
    EXPECT_FALSE(lines.crossed_by({ 0, 10, 102, 120 }));
    EXPECT_FALSE(lines.crossed_by({ 0, 10, 390, 420 }));
    lines.cover(field);
    for (int t = 0; t < field.tiles(); ++t)
        EXPECT_LT(field.tile(t)[102], 5.0f) << t;
    lines.uncover(field);
    for (int t = 0; t < field.tiles(); ++t)
        EXPECT_NEAR(field.tile(t)[102] * floor.density()[102], before.tile(t)[102], 0.2f * before.tile(t)[102]) << t;
}

} // namespace
} // namespace prunedamr::detect
