// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/band_extractor.h"

#include "tests/dsp/signals.h"

#include <gtest/gtest.h>

using namespace prunedamr;
using namespace prunedamr::dsp;
using namespace prunedamr::test;

namespace {

/// Of a band whose edges lie three quarters of its width from its center.
CutBand around(double center, double width, int decimation)
{
    return { center, center - 0.75 * width, center + 0.75 * width, 0.35 * width, decimation };
}

Samples cut(const CutBand& band, const StreamWindow& in, std::uint64_t first, int count)
{
    static BandExtractor extractor;
    Samples out(static_cast<std::size_t>(count));
    extractor.run(band, in, first, count, out.data());
    return out;
}

StreamWindow window(const Samples& x, std::uint64_t origin = 0)
{
    return { x.data(), x.size(), origin };
}

float largest(const Samples& x)
{
    float most = 0.0f;
    for (const auto& v : x)
        most = std::max(most, std::abs(v));
    return most;
}

const int kDecimations[] = { 1, 3, 8, 12, 40, 1000 };

/// Outputs of which none sees what lies beyond the ends of `count` samples.
std::pair<std::uint64_t, int> inner(const CutBand& band, int count)
{
    const auto step = static_cast<std::uint64_t>(band.decimation), reach = BandExtractor::reach(band);
    const std::uint64_t first = reach / step + 1;
    return { first, static_cast<int>((static_cast<std::uint64_t>(count) - reach) / step - first) };
}

} // namespace

TEST(BandExtractor, ShiftsWhatIsInTheBandToZero)
{
    for (const int decimation : kDecimations) {
        const double width = 0.5 / decimation, offset = 0.3 * width;
        const CutBand band = around(0.13, width, decimation);
        const int count = 60 * decimation + 600;
        const auto [first, outputs] = inner(band, count);
        ASSERT_GT(outputs, 10);
        const Samples y = cut(band, window(tone(count, 0.13 + offset)), first, outputs);
        for (int n = 0; n < outputs; ++n) {
            const double cycles = offset * static_cast<double>((first + n) * static_cast<std::uint64_t>(decimation));
            EXPECT_LT(std::abs(std::complex<double>(y[n]) - std::polar(1.0, 2.0 * M_PI * cycles)), 0.02)
                << decimation << ", " << n;
        }
    }
}

TEST(BandExtractor, TakesAwayWhatIsBesideTheBand)
{
    for (const int decimation : kDecimations) {
        const double width = 0.5 / decimation;
        const CutBand band = around(-0.21, width, decimation);
        const int count = 60 * decimation + 600;
        const auto [first, outputs] = inner(band, count);
        for (const double offset : { 0.95, -1.0, 1.3, 2.0, 3.9, -7.9, 8.1, 17.0 })
            if (std::abs(offset * width) < 0.5) {
                const Samples y = cut(band, window(tone(count, -0.21 + offset * width)), first, outputs);
                EXPECT_LT(largest(y), 2e-3f) << decimation << ", " << offset;
            }
        EXPECT_GT(largest(cut(band, window(tone(count, -0.21)), first, outputs)), 0.98f) << decimation;
    }
}

TEST(BandExtractor, AnEdgeThatIsNearerHoldsOffANeighbor)
{
    CutBand band = around(0.1, 0.01, 50);
    band.high = 0.1 + 0.0055;
    band.transition = 0.0015;
    const auto [first, outputs] = inner(band, 20000);
    EXPECT_LT(largest(cut(band, window(tone(20000, 0.107)), first, outputs)), 2e-3f);
    EXPECT_GT(largest(cut(band, window(tone(20000, 0.104)), first, outputs)), 0.98f);
    EXPECT_GT(largest(cut(band, window(tone(20000, 0.094)), first, outputs)), 0.98f);
}

TEST(BandExtractor, PiecesJoinWithoutASeam)
{
    const Samples x = white_noise(50000, 1.0, 1);
    for (const int decimation : kDecimations) {
        const CutBand band = around(0.3, 0.5 / decimation, decimation);
        const int all = 45000 / decimation, some = all / 3;
        const Samples whole = cut(band, window(x), 2, all);
        double power = 0.0;
        for (const auto& v : whole)
            power += static_cast<double>(std::norm(v)) / all;
        EXPECT_NEAR(power, std::min(1.0, 0.75 / decimation), 0.35 / decimation) << decimation; // of 1 in all bands
        // The later part sees a window that begins just before what it needs.
        const std::uint64_t next = 2 + static_cast<std::uint64_t>(some);
        const auto origin = static_cast<std::size_t>(
            std::max<std::int64_t>(0, static_cast<std::int64_t>(next) * decimation -
                                          static_cast<std::int64_t>(BandExtractor::reach(band))));
        const Samples tail(x.begin() + static_cast<std::ptrdiff_t>(origin), x.end());
        const Samples later = cut(band, window(tail, origin), next, all - some);
        for (int n = 0; n < all - some; ++n)
            EXPECT_LT(std::abs(later[n] - whole[some + n]), 2e-4f) << decimation << ", " << n;
    }
}

TEST(BandExtractor, AConstantIsTakenOut)
{
    Samples x = tone(20000, 0.012, 0.1);
    for (auto& v : x)
        v += std::complex<float>(3.0f, -1.0f);
    for (const int decimation : { 1, 8, 12, 20 }) {
        StreamWindow in = window(x);
        in.constant = { 3.0f, -1.0f };
        const CutBand band = around(0.005, 0.02, decimation);
        const auto [first, outputs] = inner(band, 20000);
        EXPECT_NEAR(largest(cut(band, in, first, outputs)), 0.1f, 0.005f) << decimation;
    }
}

TEST(BandExtractor, WhatIsNotThereCountsAsZero)
{
    const CutBand band = around(0.2, 0.01, 40);
    for (const auto& v : cut(band, window({}), 0, 5))
        EXPECT_EQ(v, std::complex<float>());
    EXPECT_LT(largest(cut(band, window(tone(100, 0.2)), 1000, 5)), 1e-6f);
    EXPECT_GT(largest(cut(band, window(tone(100, 0.2)), 0, 5)), 0.1f);
}

TEST(BandExtractor, DecimatesAsFarAsTheRateAllows)
{
    EXPECT_EQ(BandExtractor::decimation_for(1.0), 1);
    EXPECT_EQ(BandExtractor::decimation_for(2.0), 1);
    EXPECT_EQ(BandExtractor::decimation_for(0.3), 3);
    EXPECT_EQ(BandExtractor::decimation_for(1.0 / 47), 44);
    EXPECT_EQ(BandExtractor::decimation_for(1e-9), BandExtractor::kMaxDecimation);
}
