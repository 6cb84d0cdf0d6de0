// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/synth/rml2016a/rml2016a.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <set>

namespace prunedamr::synth {
namespace {

Rml2016aConfig config_of(std::vector<std::string> labels, std::int64_t frames_per_cell)
{
    Rml2016aConfig config;
    config.labels = std::move(labels);
    config.frames_per_cell = frames_per_cell;
    config.threads = 2;
    return config;
}

Samples frame(const dataset::Dataset& dataset, std::int64_t i)
{
    const float* x = dataset.frame(i);
    Samples out(128);
    for (int n = 0; n < 128; ++n)
        out[n] = { x[n], x[128 + n] };
    return out;
}

std::int64_t first_of_cell(const dataset::Dataset& dataset, const std::string& label, int snr)
{
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        if (dataset.class_names[dataset.label[i]] == label && dataset.snr_db[i] == static_cast<float>(snr))
            return i;
    return -1;
}

std::string complaint(const Rml2016aConfig& config)
{
    try {
        rml2016a_dataset(config);
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

TEST(Rml2016a, FillsEveryCellWithFramesOfSumOne)
{
    const auto begin = std::chrono::steady_clock::now();
    const auto dataset = rml2016a_dataset(config_of({}, 5));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << "220 chains in " << took.count() << " s; the whole recipe takes about 5900\n";
    dataset::validate(dataset, "test");
    EXPECT_EQ(dataset.size(), 11 * 20 * 5);
    EXPECT_EQ(dataset.class_names, rml2016a_labels());
    EXPECT_EQ(dataset.front_end.kind, FrontEndSpec::Kind::as_is);
    EXPECT_EQ(dataset.front_end.scale, FrontEndSpec::Scale::unit_magnitude);
    EXPECT_EQ(dataset.length(), 128);
    std::map<std::pair<int, float>, int> cells;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        ++cells[{ dataset.label[i], dataset.snr_db[i] }];
        double sum = 0.0;
        for (const auto& x : frame(dataset, i))
            sum += std::abs(x);
        ASSERT_NEAR(sum, 1.0, 1e-5) << i;
    }
    EXPECT_EQ(cells.size(), 220u);
    for (const auto& [cell, count] : cells)
        EXPECT_EQ(count, 5);
    EXPECT_EQ(cells.begin()->first.second, -20.0f);
    EXPECT_EQ(cells.rbegin()->first.second, 18.0f);
}

TEST(Rml2016a, DoesNotDependOnThreadsOrOnOtherClasses)
{
    auto config = config_of({ "QPSK", "WBFM" }, 40);
    const auto two = rml2016a_dataset(config);
    config.threads = 1;
    const auto one = rml2016a_dataset(config);
    EXPECT_EQ(one.frames, two.frames);
    EXPECT_EQ(one.group, two.group);
    EXPECT_EQ(one.part, two.part);
    config.labels = { "WBFM" };
    const auto alone = rml2016a_dataset(config);
    EXPECT_TRUE(std::equal(alone.frames.begin(), alone.frames.end(),
                           two.frames.end() - static_cast<std::ptrdiff_t>(alone.frames.size())));
    config.seed = 2;
    EXPECT_NE(rml2016a_dataset(config).frames, alone.frames);
}

TEST(Rml2016a, ChainsStayWithinACellAndAPart)
{
    const auto dataset = rml2016a_dataset(config_of({ "BPSK", "AM-SSB" }, 100));
    std::map<std::int64_t, std::set<std::pair<int, float>>> cells;
    std::map<std::int64_t, std::set<int>> parts;
    std::map<std::int64_t, int> frames;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        cells[dataset.group[i]].insert({ dataset.label[i], dataset.snr_db[i] });
        parts[dataset.group[i]].insert(static_cast<int>(dataset.part[i]));
        ++frames[dataset.group[i]];
    }
    // A chain of 80,000 samples gives one frame in (128 + 4000) / 2: 38 or so; 45,000 samples one in 1,190.
    EXPECT_NEAR(static_cast<double>(frames.size()), 2 * 20 * 3, 8.0);
    for (const auto& [group, cell] : cells) {
        EXPECT_EQ(cell.size(), 1u) << group;
        EXPECT_EQ(parts[group].size(), 1u) << group;
        EXPECT_LT(frames[group], 60);
    }
    EXPECT_GT(dataset.indices(dataset::Split::test).size(), 0u);
}

/// Power of the noise relative to the signal, from the spectrum far outside the signal's band.
double noise_to_signal(const dataset::Dataset& dataset, std::int64_t first, std::int64_t count)
{
    double total = 0.0, noise = 0.0;
    for (std::int64_t i = first; i < first + count; ++i) {
        const Samples x = frame(dataset, i);
        total += mean_power(x);
        for (int bin = 24; bin <= 104; ++bin) // beyond +-0.18 of the rate
            noise += std::norm(fourier(x, bin / 128.0, 0, 128)) / 128 / 81;
    }
    return noise / (total - noise);
}

TEST(Rml2016a, EachLabeledDecibelIsTwo)
{
    auto config = config_of({ "CPFSK" }, 100);
    config.fading = "none"; // constant envelope of power 1
    const auto dataset = rml2016a_dataset(config);
    for (const int snr : { -4, 0, 4 }) {
        const double expected = std::pow(10.0, -snr / 5.0);
        EXPECT_NEAR(noise_to_signal(dataset, first_of_cell(dataset, "CPFSK", snr), 100) / expected, 1.0, 0.15)
            << snr;
    }
}

TEST(Rml2016a, LargerConstellationsHaveLessNoise)
{
    auto config = config_of({ "QPSK", "QAM64" }, 100);
    config.fading = "none";
    const auto dataset = rml2016a_dataset(config);
    const double qpsk = noise_to_signal(dataset, first_of_cell(dataset, "QPSK", -4), 100);
    const double qam64 = noise_to_signal(dataset, first_of_cell(dataset, "QAM64", -4), 100);
    EXPECT_NEAR(10.0 * std::log10(qpsk / qam64), 10.0 * std::log10(42.0), 1.5);
}

TEST(Rml2016a, TrueSnrIsWhatTheLabelSays)
{
    auto config = config_of({ "QPSK", "QAM64", "AM-SSB" }, 150);
    config.true_snr = true;
    const auto dataset = rml2016a_dataset(config);
    for (const char* label : { "QPSK", "QAM64" }) {
        // The frames see parts of the chain; its power fades, so the mean over frames is only near the chain's.
        const double ratio = noise_to_signal(dataset, first_of_cell(dataset, label, 0), 150);
        EXPECT_NEAR(10.0 * std::log10(ratio), 0.0, 1.5) << label;
    }
    EXPECT_GT(mean_power(frame(dataset, first_of_cell(dataset, "AM-SSB", 18))), 0.0);
}

TEST(Rml2016a, AmSsbIsNoiseUnlessFixed)
{
    auto config = config_of({ "AM-SSB" }, 80);
    const auto whiteness = [&config] {
        const auto dataset = rml2016a_dataset(config);
        double low = 0.0, high = 0.0;
        for (std::int64_t i = first_of_cell(dataset, "AM-SSB", 18); i < dataset.size(); ++i)
            for (int bin = 0; bin < 4; ++bin) {
                low += std::norm(fourier(frame(dataset, i), bin / 128.0, 0, 128));
                high += std::norm(fourier(frame(dataset, i), 0.5 + bin / 128.0, 0, 128));
            }
        return low / high;
    };
    EXPECT_NEAR(whiteness(), 1.0, 0.2);
    config.fix_ssb = true;
    EXPECT_GT(whiteness(), 10.0);
}

/// Share of the frames at label 18 whose phase moves by more than half a radian.
double share_that_turns(const std::string& label)
{
    const auto dataset = rml2016a_dataset(config_of({ label }, 250));
    const auto first = first_of_cell(dataset, label, 18);
    int turning = 0;
    for (std::int64_t i = first; i < first + 250; ++i) {
        const Samples x = frame(dataset, i);
        double phase = 0.0, low = 0.0, high = 0.0;
        for (std::size_t n = 1; n < x.size(); ++n) {
            phase += std::arg(x[n] * std::conj(x[n - 1]));
            low = std::min(low, phase);
            high = std::max(high, phase);
        }
        turning += high - low > 0.5;
    }
    return turning / 250.0;
}

TEST(Rml2016a, MostOfWbfmIsABareCarrierLikeAm)
{
    EXPECT_NEAR(share_that_turns("WBFM"), 0.4, 0.06);
    EXPECT_EQ(share_that_turns("AM-DSB"), 0.0);
}

TEST(Rml2016a, OptionsChangeWhatTheyName)
{
    auto config = config_of({ "GFSK" }, 2);
    std::set<std::vector<float>> different;
    for (const char* fading : { "rml", "modern", "random", "none" }) {
        config.fading = fading;
        different.insert(rml2016a_dataset(config).frames);
    }
    EXPECT_EQ(different.size(), 4u);
    config.normalize = true;
    const auto dataset = rml2016a_dataset(config);
    EXPECT_EQ(dataset.front_end.scale, FrontEndSpec::Scale::unit_rms);
    EXPECT_NEAR(mean_power(frame(dataset, 3)), 1.0, 1e-4);
}

TEST(Rml2016a, RefusesWhatItCannotMake)
{
    auto config = config_of({ "9PSK" }, 1);
    EXPECT_EQ(complaint(config).find("recipe rml2016a: unknown label: found 9PSK, expected BPSK QPSK"), 0u);
    config.labels = { "BPSK", "BPSK" };
    EXPECT_NE(complaint(config).find("BPSK twice"), std::string::npos);
    config.labels = {};
    config.frames_per_cell = 0;
    EXPECT_NE(complaint(config).find("frames_per_cell: found 0"), std::string::npos);
    config.frames_per_cell = 1;
    config.fading = "heavy";
    EXPECT_NE(complaint(config).find("found heavy"), std::string::npos);
    config.fading = "rml";
    config.audio = "no/such.raw";
    EXPECT_NE(complaint(config).find("no/such.raw"), std::string::npos);
}

} // namespace
} // namespace prunedamr::synth
