// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/tile_field.h"
#include "prunedamr/dsp/fft.h"
#include "prunedamr/dsp/windowed_sinc.h"
#include "tests/dsp/signals.h"

#include <gtest/gtest.h>

namespace prunedamr::detect {
namespace {

TEST(TileField, NoiseOfPowerOneHasAMeanOfOneAndAsManyLooksAsItSays)
{
    const auto noise = test::white_noise(1 << 18, 1.0, 7);
    TileField field(256, noise.size() - 128);
    field.advance(noise.data(), noise.size());
    ASSERT_EQ(field.tiles(), field.capacity());
    double sum = 0.0, squares = 0.0;
    int count = 0;
    for (int t = 0; t < field.tiles(); ++t)
        for (int b = 0; b < 256; ++b, ++count) {
            sum += field.tile(t)[b];
            squares += double(field.tile(t)[b]) * field.tile(t)[b];
        }
    const double mean = sum / count, variance = squares / count - mean * mean;
    EXPECT_NEAR(mean, 1.0, 0.02);
    EXPECT_NEAR(mean * mean / variance, TileField::kLooks, 0.3);
}

TEST(TileField, AToneLiesInItsBinAndNowhereElse)
{
    for (const double frequency : { -0.5, -0.125, 0.0, 0.2578125, 0.4921875 }) {
        const auto tone = test::tone(8192, frequency);
        TileField field(128, 8192);
        field.advance(tone.data(), tone.size());
        const auto* tile = field.tile(3);
        const auto bin = static_cast<int>(std::lround((frequency + 0.5) * 128));
        EXPECT_EQ(std::max_element(tile, tile + 128) - tile, bin);
        EXPECT_NEAR(field.lower_edge(bin + 0.5), frequency, 1e-12);
        for (int b = 0; b < 128; ++b) {
            const int apart = std::min(std::abs(b - bin), 128 - std::abs(b - bin));
            EXPECT_TRUE(apart <= 5 || tile[b] < 1e-7f * tile[bin]) << frequency << " in bin " << b;
        }
    }
}

TEST(TileField, AnyChunksGiveTheSameTiles)
{
    const auto noise = test::white_noise(20000, 1.0, 3);
    TileField whole(64, 16384), chunks(64, 16384);
    whole.advance(noise.data(), noise.size());
    for (std::size_t n = 1; n < noise.size(); n += 997)
        chunks.advance(noise.data(), n);
    chunks.advance(noise.data(), noise.size());
    ASSERT_EQ(whole.tiles(), 128);
    ASSERT_EQ(chunks.tiles(), 128);
    for (int t = 0; t < 128; ++t)
        for (int b = 0; b < 64; ++b)
            ASSERT_EQ(whole.tile(t)[b], chunks.tile(t)[b]);
}

TEST(TileField, LongTransformsInTwoStepsAreTransforms)
{
    constexpr int kTransform = 1 << 14, kHop = kTransform / 2, kRows = TileField::kRows;
    const auto noise = test::white_noise(2 * kRows * kHop + kHop, 1.0, 11);
    TileField field(kTransform, 2 * kRows * kHop);
    field.advance(noise.data(), noise.size());
    ASSERT_EQ(field.tiles(), 2);
    const dsp::KaiserWindow kaiser(10.0);
    dsp::Fft fft(kTransform, dsp::FftDirection::forward);
    std::vector<std::complex<float>> in(kTransform), out(kTransform);
    for (int t = 0; t < 2; ++t) {
        std::vector<double> power(kTransform);
        double energy = 0.0;
        for (int row = 0; row < kRows; ++row) {
            for (int i = 0; i < kTransform; ++i) {
                const double w = kaiser((2.0 * i + 1.0) / kTransform - 1.0);
                energy += w * w;
                in[i] = noise[(t * kRows + row) * kHop + i] * static_cast<float>(w);
            }
            fft.run(in.data(), out.data());
            for (int b = 0; b < kTransform; ++b)
                power[b] += std::norm(out[(b + kTransform / 2) % kTransform]);
        }
        for (int b = 0; b < kTransform; ++b)
            ASSERT_NEAR(field.tile(t)[b], power[b] / energy, 1e-4 * (1.0 + power[b] / energy)) << t << ", bin " << b;
    }
}

} // namespace
} // namespace prunedamr::detect
