// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/remnants.h"

#include "tests/detect/detect_testing.h"

#include <gtest/gtest.h>

#include <random>

namespace prunedamr::detect {
namespace {

using test::Samples;
using test::operator*;

constexpr int kCount = 1 << 17;
constexpr int kSymbol = 32; // samples

/// QPSK without shaping: its main lobe reaches to 1 / kSymbol on either side, lobes as wide as a half of it follow.
Samples rectangular(float amplitude, unsigned seed)
{
    std::mt19937 random(seed);
    Samples x(kCount);
    for (int n = 0; n < kCount; n += kSymbol) {
        const auto quarter = static_cast<float>(M_PI_2) * static_cast<float>(random() % 4);
        std::fill_n(x.begin() + n, kSymbol, std::polar(amplitude, quarter));
    }
    return x;
}

/// Of noise of power 1 and what is added: the field's ratios to the floor.
TileField field_of(const Samples& added, int transform)
{
    Samples x = test::white_noise(kCount, 1.0, 99);
    add(x, added);
    TileField field(transform, kCount);
    field.advance(x.data(), kCount);
    return field;
}

Proposal box(double low, double high, float density, double start = 0.0, double end = kCount)
{
    Proposal p;
    p.start = start;
    p.end = end;
    p.low = low;
    p.high = high;
    p.density = density;
    return p;
}

int kept(std::vector<Proposal> proposals, const std::vector<const TileField*>& fields)
{
    std::vector<int> chosen;
    for (std::size_t i = 0; i < proposals.size(); ++i)
        chosen.push_back(static_cast<int>(i));
    return Remnants().drop(proposals.data(), chosen.data(), static_cast<int>(chosen.size()), fields);
}

constexpr double kLobe = 1.0 / kSymbol;

TEST(Remnants, ASideLobeShowsWhatTheMainLobeShows)
{
    const auto field = field_of(rectangular(10.0f, 1), 512);
    const auto main = box(-kLobe, kLobe, 1000.0f);
    for (int k : { -3, -2, 1, 2 }) {
        const auto lobe = box((k + 0.1) * kLobe, (k + 0.9) * kLobe, 30.0f);
        const auto like = Remnants().shifted(field, lobe, main);
        EXPECT_GT(like.correlation, 0.6f) << k;
        EXPECT_GT(like.deviations, 10.0f) << k;
        EXPECT_EQ(kept({ main, lobe }, { &field }), 1) << k;
    }
}

TEST(Remnants, AnotherTransmitterOnTheNextChannelDoesNot)
{
    Samples x = test::band_noise(kCount, 0.0, 2 * kLobe, 10.0, 5);
    add(x, test::band_noise(kCount, 1.5 * kLobe, 0.8 * kLobe, 1.0, 6));
    const auto field = field_of(x, 512);
    const auto main = box(-kLobe, kLobe, 1000.0f), other = box(1.1 * kLobe, 1.9 * kLobe, 30.0f);
    EXPECT_LT(Remnants().shifted(field, other, main).correlation, 0.2f);
    EXPECT_EQ(kept({ main, other }, { &field }), 2);
}

TEST(Remnants, AnImageShowsWhatIsOnTheOtherSideOfZeroFrequency)
{
    const Samples strong = test::band_noise(kCount, 0.2, 0.05, 10.0, 7);
    Samples image = strong;
    for (auto& sample : image)
        sample = 0.1f * std::conj(sample);
    const auto original = box(0.175, 0.225, 1000.0f), mirrored = box(-0.225, -0.175, 10.0f);
    Samples with_image = strong, with_other = strong;
    add(with_image, image);
    add(with_other, test::band_noise(kCount, -0.2, 0.05, 1.0, 8));
    const auto one = field_of(with_image, 512), two = field_of(with_other, 512);
    EXPECT_GT(Remnants().mirrored(one, mirrored, original).correlation, 0.6f);
    EXPECT_EQ(kept({ original, mirrored }, { &one }), 1);
    EXPECT_LT(Remnants().mirrored(two, mirrored, original).correlation, 0.2f);
    EXPECT_EQ(kept({ original, mirrored }, { &two }), 2);
}

/// A burst of always the same content, on half of the time, has lines at multiples of what it repeats with.
TEST(Remnants, LinesOfBurstsThatComeAgainAreNoEmissions)
{
    constexpr int kPeriod = 1 << 13, kBurst = kPeriod / 2;
    const Samples once = test::band_noise(kBurst, 0.0, 0.5, 3.0, 9);
    Samples x(kCount);
    std::vector<Proposal> proposals;
    for (int n = 0; n < kCount; n += kPeriod) {
        add(x, once, static_cast<std::size_t>(n));
        proposals.push_back(box(-0.25, 0.25, 20.0f, n, n + kBurst));
    }
    const auto bursts = static_cast<int>(proposals.size());
    const double line = 100.0 / kPeriod, width = 2.0 / kPeriod;
    proposals.push_back(box(line - width, line + width, 200.0f));
    const auto coarse = field_of(x, 64), fine = field_of(x, 4096);
    EXPECT_EQ(kept(proposals, { &coarse, &fine }), bursts);

    Samples carrier = test::tone(kCount, line, 0.7); // as strong as such a line would have to be to last
    add(x, carrier);
    const auto with = field_of(x, 64), fine_with = field_of(x, 4096);
    EXPECT_EQ(kept(proposals, { &with, &fine_with }), bursts + 1);
}

TEST(Remnants, ABoxIsNotComparedWithItself)
{
    const auto field = field_of(test::band_noise(kCount, 0.0, 0.25, 10.0, 10), 512);
    const auto whole = box(-0.125, 0.125, 400.0f), part = box(0.05, 0.11, 100.0f);
    EXPECT_LT(Remnants().shifted(field, part, whole).correlation, 0.2f);
}

TEST(Remnants, TooFewCellsTellNothing)
{
    const auto field = field_of(rectangular(10.0f, 1), 512);
    const auto main = box(-kLobe, kLobe, 1000.0f, 0, 3000), lobe = box(1.1 * kLobe, 1.9 * kLobe, 30.0f, 0, 3000);
    EXPECT_EQ(Remnants().shifted(field, lobe, main).deviations, 0.0f);
    EXPECT_EQ(kept({ main, lobe }, { &field }), 2);
    EXPECT_EQ(kept({ main, lobe }, { nullptr }), 2);
}

} // namespace
} // namespace prunedamr::detect
