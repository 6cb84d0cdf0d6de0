// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/scene/scene.h"
#include "prunedamr/synth/signal/fft.h"
#include "tests/support/expect_error.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

Samples rendered(const Scene& scene)
{
    Samples all;
    render_scene(scene, [&](const std::complex<float>* piece, std::size_t count) {
        all.insert(all.end(), piece, piece + count);
    });
    return all;
}

/// Power in dB between two offsets of the samples begin..begin + count.
double power_db(const Samples& samples, double rate_hz, std::uint64_t begin, std::uint64_t count, double lower_hz,
                double upper_hz)
{
    const auto first = samples.begin() + static_cast<std::ptrdiff_t>(begin);
    Samples bins(first, first + static_cast<std::ptrdiff_t>(count));
    for (std::size_t i = 0; i < bins.size(); ++i) // a Hann window: what is 60 dB weaker shows beside
        bins[i] *= static_cast<float>(1.0 - std::cos(2.0 * M_PI * (double(i) + 0.5) / double(bins.size())));
    bins.resize(static_cast<std::size_t>(fast_transform_size(static_cast<int>(count))));
    transform_forward(bins);
    double power = 0.0;
    for (std::size_t k = 0; k < bins.size(); ++k) {
        const double cycles = double(k) / double(bins.size()) - (2 * k >= bins.size() ? 1.0 : 0.0);
        if (cycles * rate_hz >= lower_hz && cycles * rate_hz < upper_hz)
            power += std::norm(bins[k]);
    }
    return 10.0 * std::log10(power / double(bins.size()) / double(count) / 1.5);
}

Scene quiet(double duration_s)
{
    Scene scene;
    scene.sample_rate_hz = 200e3;
    scene.duration_s = duration_s;
    scene.noise_dbfs_per_hz = -150.0;
    return scene;
}

TEST(BandScene, AHopperIsWhereItsAnnotationsSay)
{
    Scene scene = quiet(0.5);
    SceneSignal signal{ "QPSK", 0.0, 10e3, 0.01, 0.04, 8, 0.06, {}, -20.0 };
    signal.hop_offsets_hz = { -60e3, 40e3, 70e3 };
    scene.signals.push_back(signal);
    const Samples samples = rendered(scene);
    const auto notes = scene_info(scene).annotations;
    ASSERT_EQ(notes.size(), 8u);
    for (std::size_t k = 0; k < notes.size(); ++k) {
        EXPECT_NEAR((*notes[k].freq_lower_hz + *notes[k].freq_upper_hz) / 2, signal.hop_offsets_hz[k % 3], 1e-6);
        EXPECT_NEAR(power_db(samples, 200e3, notes[k].sample_start, notes[k].sample_count,
                             *notes[k].freq_lower_hz - 3e3, *notes[k].freq_upper_hz + 3e3),
                    -20.0, 1.5);
    }
}

TEST(BandScene, ADriftingSignalStaysInItsBox)
{
    Scene scene = quiet(1.0);
    SceneSignal signal{ "CW", -10e3, 500.0, 0.0, 1.0, 1, 0.0, {}, -20.0 };
    signal.drift_hz_per_s = 20e3;
    scene.signals.push_back(signal);
    const auto note = scene_info(scene).annotations.at(0);
    EXPECT_NEAR(*note.freq_lower_hz, -10.25e3, 1.0);
    EXPECT_NEAR(*note.freq_upper_hz, 10.25e3, 1.0);
    const Samples samples = rendered(scene);
    EXPECT_NEAR(power_db(samples, 200e3, 0, 20000, -10.5e3, -7.5e3), -20.0, 1.0);
    EXPECT_NEAR(power_db(samples, 200e3, 180000, 20000, 7.5e3, 10.5e3), -20.0, 1.0);
}

class BandSceneOf : public testing::TestWithParam<const char*>
{
};

TEST_P(BandSceneOf, WhatIsKeyedHardHasSkirtsBeyondItsBand)
{
    for (const double skirts : { 0.0, 4.0 }) {
        Scene scene = quiet(0.5);
        SceneSignal signal{ GetParam(), 0.0, 8e3, 0.0, 0.5, 1, 0.0, {}, -20.0 };
        signal.skirts = skirts;
        scene.signals.push_back(signal);
        const Samples samples = rendered(scene);
        EXPECT_NEAR(power_db(samples, 200e3, 0, samples.size(), -8e3, 8e3), -20.0, 1.5);
        const double beyond = power_db(samples, 200e3, 0, samples.size(), 60e3, 80e3);
        if (skirts > 0.0)
            EXPECT_GT(beyond, -65.0);
        else
            EXPECT_LT(beyond, -75.0);
    }
}

INSTANTIATE_TEST_SUITE_P(Labels, BandSceneOf, testing::Values("OOK", "QPSK", "16QAM"));

TEST(BandScene, TakesManyBurstsOfATransmissionThatFillsLittleOfItsBand)
{
    Scene scene = quiet(40.0);
    SceneSignal signal{ "CW", 0.0, 20e3, 0.0, 1.0, 30, 1.3, {}, -20.0 };
    signal.skirts = 100.0;
    scene.signals.push_back(signal);
    EXPECT_EQ(rendered(scene).size(), 8'000'000u);
}

TEST(BandScene, APatternHasLinesAtMultiplesOfItsRate)
{
    Scene scene = quiet(0.5);
    SceneSignal signal{ "QPSK", 0.0, 20e3, 0.0, 0.5, 1, 0.0, {}, -20.0 };
    signal.pattern_s = 1e-3;
    scene.signals.push_back(signal);
    const Samples samples = rendered(scene);
    double on = 0.0, between = 0.0;
    for (int k = -5; k <= 5; ++k) {
        const double hz = 1e3 * k;
        on += std::pow(10.0, power_db(samples, 200e3, 0, samples.size(), hz - 250, hz + 250) / 10.0);
        between += std::pow(10.0, power_db(samples, 200e3, 0, samples.size(), hz + 250, hz + 750) / 10.0);
    }
    EXPECT_GT(on, 30.0 * between);
}

TEST(BandScene, TheReceiverAddsAnImageProductsAndAConstant)
{
    Scene scene = quiet(0.2);
    scene.signals.push_back({ "CW", 30e3, 500.0, 0.0, 0.2, 1, 0.0, {}, -20.0 });
    scene.signals.push_back({ "CW", 42e3, 500.0, 0.0, 0.2, 1, 0.0, {}, -20.0 });
    scene.receiver.image_db = 40.0;
    scene.receiver.third_order_db = 30.0;
    scene.receiver.dc_dbfs = -50.0;
    const Samples samples = rendered(scene);
    const auto at = [&](double hz) { return power_db(samples, 200e3, 0, samples.size(), hz - 400, hz + 400); };
    EXPECT_NEAR(at(-30e3), -60.0, 1.0);
    EXPECT_NEAR(at(18e3), -50.0, 1.5); // 2 * 30 - 42
    EXPECT_NEAR(at(54e3), -50.0, 1.5);
    EXPECT_NEAR(at(0.0), -50.0, 1.0);
}

TEST(BandScene, AGainStepAndARippleShapeTheNoise)
{
    Scene scene = quiet(0.8);
    scene.noise_dbfs_per_hz = -90.0;
    scene.receiver.gain_step_db = -10.0;
    scene.receiver.gain_step_s = 0.4;
    scene.receiver.ripple_db = 6.0;
    const Samples samples = rendered(scene);
    const auto noise = [&](std::uint64_t at, double hz) {
        return power_db(samples, 200e3, at, 70000, hz - 2e3, hz + 2e3);
    };
    EXPECT_NEAR(noise(90000, 20e3) - noise(5000, 20e3), -10.0, 1.0);
    EXPECT_NEAR(noise(5000, 0.0) - noise(5000, 200e3 / 6.0), 6.0, 1.2);
    EXPECT_NEAR(scene.noise_dbfs_per_hz_at(0.0) - scene.noise_dbfs_per_hz_at(200e3 / 6.0), 6.0, 1e-9);
}

TEST(BandScene, ItsEmissionsLieApartAndItsJsonGivesItBack)
{
    bool hops = false;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        BandSceneConfig config;
        config.seed = seed;
        const Scene scene = band_scene(config);
        EXPECT_EQ(to_json_text(scene_from_json(to_json_text(scene), "again.json")), to_json_text(scene));
        const auto notes = scene_info(scene).annotations;
        for (std::size_t i = 0; i < notes.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                const bool times = notes[i].sample_start < notes[j].sample_start + notes[j].sample_count;
                const bool bands = *notes[i].freq_lower_hz < *notes[j].freq_upper_hz &&
                                   *notes[j].freq_lower_hz < *notes[i].freq_upper_hz;
                EXPECT_FALSE(times && bands) << seed << ": " << notes[i].label << ", " << notes[j].label;
            }
        for (const auto& signal : scene.signals)
            hops = hops || !signal.hop_offsets_hz.empty();
    }
    EXPECT_TRUE(hops);
}

TEST(BandScene, RefusesAReceiverOutOfRange)
{
    Scene scene = quiet(0.1);
    scene.signals.push_back({ "CW", 0.0, 500.0, 0.0, 0.1, 1, 0.0, {}, -20.0 });
    scene.signals[0].skirts = 0.5;
    EXPECT_ERROR(validate(scene, "x"), "skirts");
    scene.signals[0].skirts = 0.0;
    scene.signals[0].pattern_s = 1e-3;
    EXPECT_ERROR(validate(scene, "x"), "pattern_s");
    scene.signals.clear();
    scene.receiver.image_db = 3.0;
    EXPECT_ERROR(validate(scene, "x"), "image_db");
    scene.receiver.image_db = 0.0;
    scene.receiver.gain_step_s = 1.0;
    EXPECT_ERROR(validate(scene, "x"), "gain_step_s");
    scene.receiver.gain_step_s = 0.0;
    scene.signals.push_back({ "QPSK", 0.0, 10e3, 0.0, 0.02, 2, 0.04, {}, -20.0 });
    scene.signals[0].hop_offsets_hz = { 99e3 };
    EXPECT_ERROR(validate(scene, "x"), "offset_hz");
}

} // namespace
} // namespace prunedamr::synth
