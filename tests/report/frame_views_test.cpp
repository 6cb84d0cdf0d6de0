// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/report/frame_cells.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::report {
namespace {

Samples tone(std::size_t count, double frequency)
{
    Samples samples;
    for (std::size_t n = 0; n < count; ++n)
        samples.push_back(
            std::complex<float>(std::polar(1.0, 2.0 * M_PI * frequency * static_cast<double>(n) + 0.3)));
    return samples;
}

Samples noise(std::size_t count, std::uint64_t seed)
{
    Rng rng(seed);
    Samples samples(count);
    for (auto& x : samples)
        x = rng.complex_normal();
    return samples;
}

/// Symbols held for `hold` samples each, at a carrier offset.
Samples keyed(int order, std::size_t count, std::size_t hold, double offset)
{
    Rng rng(5);
    Samples samples = tone(count, offset);
    for (std::size_t n = 0; n < count; n += hold) {
        const double angle = (static_cast<double>(rng.integer(0, order - 1)) + (order == 4 ? 0.5 : 0.0)) / order;
        for (std::size_t k = n; k < std::min(n + hold, count); ++k)
            samples[k] *= std::complex<float>(std::polar(1.0, 2.0 * M_PI * angle));
    }
    return samples;
}

TEST(FrameViews, UnitPowerKeepsSilence)
{
    const std::vector<float> frame{ 3, 0, 0, 4 }; // I then Q
    const Samples samples = unit_power(frame.data(), 2);
    EXPECT_NEAR((std::norm(samples[0]) + std::norm(samples[1])) / 2, 1.0, 1e-6);
    EXPECT_NEAR(samples[1].imag() / samples[0].real(), 4.0 / 3.0, 1e-6);
    const std::vector<float> silence(8);
    EXPECT_EQ(unit_power(silence.data(), 4), Samples(4));
}

TEST(FrameViews, PhaseAndFrequencyOfATone)
{
    for (const double f : { -0.49, -0.1, 0.0, 0.31 }) {
        const auto phase = unwrapped_turns(tone(1009, f));
        EXPECT_NEAR(phase.back() - phase.front(), 1008 * f, 1e-4);
        for (const double step : instantaneous_frequency(tone(1009, f)))
            EXPECT_NEAR(step, f, 1e-5);
    }
    const Samples gap{ { 1, 0 }, { 0, 0 }, { 0, 1 } };
    EXPECT_TRUE(std::isnan(instantaneous_frequency(gap)[0]));
    EXPECT_NEAR(unwrapped_turns(gap)[1], 0.0, 1e-9);
    EXPECT_NEAR(unwrapped_turns(gap)[2], 0.25, 1e-7);
    EXPECT_TRUE(instantaneous_frequency({ { 1, 0 } }).empty());
}

TEST(FrameViews, WhiteNoiseIsZeroDbAndAToneStandsAtItsFrequency)
{
    for (const int length : { 16, 128, 1024, 4096 }) {
        MeanSpectrum white(length), line(length);
        for (int i = 0; i < 400000 / length; ++i)
            white.add(noise(static_cast<std::size_t>(length), static_cast<std::uint64_t>(i)));
        for (const double db : white.db())
            EXPECT_NEAR(db, 0.0, 1.0) << length;
        line.add(tone(static_cast<std::size_t>(length), 0.25));
        const auto db = line.db();
        const auto peak = std::max_element(db.begin(), db.end()) - db.begin();
        EXPECT_EQ(line.frequency()[static_cast<std::size_t>(peak)], 0.25);
        double power = 0.0;
        for (const double value : db)
            power += std::pow(10.0, value / 10.0) / static_cast<double>(db.size());
        EXPECT_NEAR(power, 1.0, 1e-3);
    }
    for (const double db : MeanSpectrum(64).db())
        EXPECT_EQ(db, -120.0);
}

TEST(FrameViews, SpectrogramPutsAFrequencyStepWhereItIs)
{
    for (const std::size_t length : { 16u, 128u, 1009u, 65536u }) {
        Samples samples = tone(length, -0.25);
        const Samples later = tone(length, 0.25);
        std::copy(later.begin() + static_cast<std::ptrdiff_t>(length / 2), later.end(),
                  samples.begin() + static_cast<std::ptrdiff_t>(length / 2));
        const HeatMap map = spectrogram_db(samples);
        ASSERT_EQ(map.values.size(), static_cast<std::size_t>(map.columns) * static_cast<std::size_t>(map.rows));
        EXPECT_LE(map.columns, 250);
        const auto brightest = [&](int column) {
            int best = 0;
            for (int row = 0; row < map.rows; ++row)
                if (map.values[static_cast<std::size_t>(row * map.columns + column)] >
                    map.values[static_cast<std::size_t>(best * map.columns + column)])
                    best = row;
            return 0.5 - (best + 1.0) / map.rows;
        };
        EXPECT_NEAR(brightest(0), -0.25, 1.0 / map.rows) << length;
        EXPECT_NEAR(brightest(map.columns - 1), 0.25, 1.0 / map.rows) << length;
    }
}

TEST(FrameViews, DensityOfAToneIsACircle)
{
    const HeatMap map = trajectory_density(tone(500, 0.0913), 2.0, 64);
    double inside = 0.0, all = 0.0;
    for (int row = 0; row < 64; ++row)
        for (int column = 0; column < 64; ++column) {
            const double i = (column + 0.5) / 16.0 - 2.0, q = 2.0 - (row + 0.5) / 16.0;
            const double visits = std::pow(map.values[static_cast<std::size_t>(row * 64 + column)], 2.0);
            all += visits;
            inside += std::abs(std::hypot(i, q) - 1.0) < 0.1 ? visits : 0.0;
        }
    EXPECT_EQ(std::llround(all), 499 * 8);
    EXPECT_GT(inside / all, 0.97); // the interpolation's ends see nothing beyond
}

TEST(FrameViews, ACarrierIsRemovedByTheSymmetryOfTheConstellation)
{
    for (const int order : { 1, 2, 4, 8 })
        for (const std::size_t length : { 512u, 1024u, 1500u }) {
            Samples samples = keyed(order, length, 7, 0.0137);
            ASSERT_TRUE(remove_carrier(samples, order)) << order << ' ' << length;
            double worst = 0.0; // distance from the nearest constellation point
            for (const auto& x : samples) {
                const auto power = std::pow(std::complex<double>(x), order);
                worst = std::max(worst, std::abs(std::arg(order == 4 ? -power : power)) / order);
            }
            EXPECT_LT(worst, 0.5 * M_PI / order) << order << ' ' << length;
        }
}

TEST(FrameViews, NoiseHasNoCarrierToRemove)
{
    for (std::uint64_t seed = 0; seed < 50; ++seed)
        for (const int order : { 1, 2, 4, 8 }) {
            const Samples before = noise(1024, seed);
            Samples after = before;
            EXPECT_FALSE(remove_carrier(after, order)) << seed;
            EXPECT_EQ(after, before);
        }
    Samples silence(64);
    EXPECT_FALSE(remove_carrier(silence, 4));
}

} // namespace
} // namespace prunedamr::report
