// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/recording/recording.h"
#include "prunedamr/synth/recipe/modulator.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <set>
#include <utility>
#include <unistd.h>

namespace prunedamr::synth {
namespace {

constexpr double kRate = 1e6;
constexpr int kStart = 5'000, kCount = 40'000, kAll = 60'000;

/// One emission, lines at 96 and 104 kHz, between 90 and 110 kHz by its annotation; a stronger one elsewhere; and one that is
/// neither symmetric about its center nor in time: a line at 304 kHz that grows.
class Recorded : public ::testing::Test
{
protected:
    Recorded() : path_(std::filesystem::path(testing::TempDir()) / ("recorded_" + std::to_string(::getpid()) + ".sigmf-meta"))
    {
        recording::RecordingInfo info;
        info.format = recording::SampleFormat::cf32_le;
        info.sample_rate_hz = kRate;
        info.sample_count = kAll;
        info.annotations = { { kStart, kCount, "two lines", 90e3, 110e3, "" }, { kStart, kCount, "other", -210e3, -190e3, "" },
                             { kStart, kCount, "rising", 290e3, 310e3, "" } };
        Samples samples(kAll);
        for (int n = kStart; n < kStart + kCount; ++n)
            for (const auto& [hz, level] : { std::pair(96e3, 0.1), std::pair(104e3, 0.1), std::pair(-200e3, 1.0) })
                samples[static_cast<std::size_t>(n)] += std::complex<float>(std::polar(level, std::fmod(2 * M_PI * hz / kRate * n, 2 * M_PI)));
        for (int n = kStart; n < kStart + kCount; ++n)
            samples[static_cast<std::size_t>(n)] += std::complex<float>(
                std::polar(0.2 + 0.8 * (n - kStart) / kCount, std::fmod(2 * M_PI * 304e3 / kRate * n, 2 * M_PI)));
        recording::write_sigmf(path_, info, samples);
    }
    ~Recorded() override
    {
        std::filesystem::remove(path_);
        std::filesystem::remove(std::filesystem::path(path_).replace_extension(".sigmf-data"));
    }

    std::unique_ptr<Modulator> modulator(const std::string& label) const
    {
        json_ = { { "captures", { path_ } }, { "label", label }, { "bandwidth", { { "log", { 0.05, 0.8 } } } } };
        JsonObject fields(json_, "test");
        auto made = make_recorded_modulator(fields);
        fields.finish();
        return made;
    }

    const std::string path_;
    mutable nlohmann::json json_;
};

/// Share of the power at a frequency, in cycles per sample, of a line there.
double share_at(const Samples& samples, double frequency)
{
    std::complex<double> sum;
    double power = 0.0;
    for (std::size_t n = 0; n < samples.size(); ++n) {
        sum += std::complex<double>(samples[n]) * std::polar(1.0, std::fmod(-2 * M_PI * frequency * static_cast<double>(n), 2 * M_PI));
        power += static_cast<double>(std::norm(samples[n]));
    }
    return std::norm(sum) / static_cast<double>(samples.size()) / power;
}

/// In the middle, at any width: lines that were 0.4 of the bandwidth apart are so still, and nothing else is there.
TEST_F(Recorded, AnEmissionIsPlayedAgainAtOtherWidths)
{
    const auto made = modulator("two lines");
    double narrowest = 1.0, widest = 0.0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Rng rng(seed);
        const Signal signal = made->modulate(600, {}, rng);
        ASSERT_EQ(signal.samples.size(), 600u);
        narrowest = std::min(narrowest, signal.bandwidth);
        widest = std::max(widest, signal.bandwidth);
        EXPECT_NEAR(share_at(signal.samples, 0.2 * signal.bandwidth), 0.5, 0.05) << seed << " " << signal.bandwidth;
        EXPECT_NEAR(share_at(signal.samples, -0.2 * signal.bandwidth), 0.5, 0.05) << seed << " " << signal.bandwidth;
    }
    EXPECT_LT(narrowest, 0.1);
    EXPECT_GT(widest, 0.4);
}

TEST_F(Recorded, TheSameSeedPlaysTheSame)
{
    const auto made = modulator("two lines");
    Rng one(7), two(7), other(8);
    const auto first = made->modulate(2'000, {}, one).samples;
    EXPECT_EQ(first, made->modulate(2'000, {}, two).samples);
    EXPECT_NE(first, made->modulate(2'000, {}, other).samples);
}

TEST_F(Recorded, ALimitOfTheBandwidthHolds)
{
    const auto made = modulator("two lines");
    SignalLimits limits;
    limits.narrowest = 0.2;
    limits.widest = 0.25;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Rng rng(seed);
        const double bandwidth = made->modulate(1'000, limits, rng).bandwidth;
        EXPECT_GE(bandwidth, 0.199);
        EXPECT_LE(bandwidth, 0.251);
    }
}

TEST_F(Recorded, AnEmissionIsMirroredInFrequencyAndInTime)
{
    const auto made = modulator("rising");
    std::set<std::pair<bool, bool>> seen;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Rng rng(seed);
        const Signal signal = made->modulate(600, {}, rng);
        double first = 0.0, second = 0.0;
        for (std::size_t n = 0; n < 300; ++n) {
            first += static_cast<double>(std::norm(signal.samples[n]));
            second += static_cast<double>(std::norm(signal.samples[n + 300]));
        }
        const bool above = share_at(signal.samples, 0.2 * signal.bandwidth) > 0.8;
        EXPECT_NE(above, share_at(signal.samples, -0.2 * signal.bandwidth) > 0.8) << seed;
        seen.emplace(above, second > first);
    }
    EXPECT_EQ(seen.size(), 4u);
}

TEST_F(Recorded, ALabelThatNobodyGaveIsRefused)
{
    try {
        modulator("8FSK");
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "test: no recorded emission that can be used: found 8FSK, expected annotations with this label");
    }
}

} // namespace
} // namespace prunedamr::synth
