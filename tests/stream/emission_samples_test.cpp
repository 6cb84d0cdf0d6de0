// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/emission_tracker.h"
#include "tests/dsp/signals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

TEST(EmissionSamples, HoldTheirEmissionAndNotTheNeighbor)
{
    const Samples x = band_noise(12000, -0.11, 0.10, 0.1, 1) + band_noise(12000, 0.02, 0.10, 10.0, 2) +
                      white_noise(12000, 1e-4, 3);
    EmissionPart part;
    part.start = 1000;
    part.end = 11000;
    part.low = -0.16;
    part.high = -0.06;
    part.density = 100.0;
    part.limit_high = -0.03;
    dsp::BandExtractor extractor;
    EmissionSamples emission;
    emission.clear(part.start);
    emission.add(part);
    emission.cut(part, {}, { x.data(), x.size(), 0 }, extractor);
    double power = 0.0;
    int count = 0, blocks = 0;
    emission.for_each_block(1024, 128, [&](const std::complex<float>* y, int n) {
        for (int i = 0; i < n; ++i)
            power += static_cast<double>(std::norm(y[i]));
        count += n;
        ++blocks;
    });
    EXPECT_NEAR(emission.center(), -0.11, 0.005);
    EXPECT_GE(emission.rate(), 0.2);
    EXPECT_LT(emission.rate(), 0.35);
    EXPECT_EQ(count, static_cast<int>(std::ceil(10000 * emission.rate())));
    EXPECT_EQ(blocks, (count + 1023) / 1024);
    EXPECT_NEAR(power / count, 0.1, 0.015);
    EXPECT_NEAR(emission.snr_db(), 20.0f, 0.01f);
}

TEST(EmissionSamples, PartsJoinAndAShortOneIsCutFiner)
{
    const Samples x = white_noise(40000, 1.0, 1);
    dsp::BandExtractor extractor;
    const auto cut = [&](std::initializer_list<std::size_t> ends, std::size_t start) {
        EmissionSamples emission;
        emission.clear(start);
        for (const std::size_t end : ends) {
            EmissionPart part;
            part.start = start;
            part.end = end;
            part.low = 0.1;
            part.high = 0.11;
            part.density = 10.0;
            emission.add(part);
            EmissionSamples::Cut how;
            how.goes_on = end != 30000;
            const std::size_t there = std::min(x.size(), end + 100);
            emission.cut(part, how, { x.data(), there, 0 }, extractor);
            start = end;
        }
        return Samples(emission.samples(), emission.samples() + emission.count());
    };
    const Samples whole = cut({ 30000 }, 1000), parts = cut({ 9000, 20000, 30000 }, 1000);
    ASSERT_EQ(parts.size(), whole.size());
    for (std::size_t i = 0; i < parts.size(); ++i)
        EXPECT_LT(std::abs(parts[i] - whole[i]), 1e-3f) << i;
    EmissionSamples burst;
    EmissionPart part;
    part.start = 1000;
    part.end = 1500;
    part.low = 0.1;
    part.high = 0.11;
    part.density = 10.0;
    EmissionSamples::Cut how;
    how.least_samples = 256;
    burst.clear(part.start);
    burst.add(part);
    burst.cut(part, how, { x.data(), x.size(), 0 }, extractor);
    EXPECT_GE(burst.count(), 256);
}
