// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "prunedamr/synth/scene/scene.h"
#include "prunedamr/synth/signal/fft.h"
#include "tests/support/expect_error.h"
#include "tests/synth/synth_testing.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <unistd.h>

namespace prunedamr::synth {
namespace {

Samples rendered(const Scene& scene)
{
    Samples all;
    EXPECT_EQ(render_scene(scene, [&](const std::complex<float>* piece,
                                      std::size_t count) { all.insert(all.end(), piece, piece + count); }),
              0u)
        << "samples clipped";
    return all;
}

/// Power between two frequencies (absolute) of the capture's samples `begin`..`begin` + `count`.
double band_power(const Samples& samples, const recording::RecordingInfo& info, std::uint64_t begin, std::uint64_t count,
                  double lower_hz, double upper_hz)
{
    const auto first = samples.begin() + static_cast<std::ptrdiff_t>(begin);
    Samples bins(first, first + static_cast<std::ptrdiff_t>(count));
    bins.resize(static_cast<std::size_t>(fast_transform_size(static_cast<int>(count))));
    transform_forward(bins);
    const auto size = static_cast<double>(bins.size());
    double power = 0.0;
    for (std::size_t k = 0; k < bins.size(); ++k) {
        const double cycles = static_cast<double>(k) / size - (2 * k >= bins.size() ? 1.0 : 0.0);
        const double hz = info.center_freq_hz + cycles * info.sample_rate_hz;
        if (hz >= lower_hz && hz < upper_hz)
            power += std::norm(bins[k]);
    }
    return power / size / static_cast<double>(count);
}

/// Every class in turn in one half of the band; the other half holds only noise.
Scene every_class(double snr_db)
{
    Scene scene;
    scene.sample_rate_hz = 1e6;
    scene.center_freq_hz = 433e6;
    scene.noise_dbfs_per_hz = -110.0;
    scene.seed = 11;
    const auto recipe = load_recipe("onair");
    double start = 0.0;
    for (const auto& label : recipe->labels()) {
        if (recipe->transmitters().is_noise(label))
            continue;
        SceneSignal signal;
        signal.label = label;
        signal.offset_hz = 250e3;
        signal.bandwidth_hz = 60e3;
        signal.start_s = start;
        signal.duration_s = 0.05;
        signal.snr_db = snr_db;
        scene.signals.push_back(signal);
        start += 0.05;
    }
    scene.duration_s = start;
    return scene;
}

TEST(Scene, EachSignalHasItsSnrInItsAnnotatedBand)
{
    for (const double snr_db : { 6.0, 30.0 }) {
        const Scene scene = every_class(snr_db);
        const auto info = scene_info(scene);
        const Samples samples = rendered(scene);
        ASSERT_EQ(samples.size(), info.sample_count);
        ASSERT_EQ(info.annotations.size(), scene.signals.size());
        for (const auto& note : info.annotations) {
            // All that the transmitter sends counts, its side lobes too: half of the band is its own.
            const double all = band_power(samples, info, note.sample_start, note.sample_count, 433e6, 434e6);
            const double noise =
                band_power(samples, info, note.sample_start, note.sample_count, 432e6, 433e6) / 5e5;
            const double snr = 10.0 * std::log10((all - noise * 5e5) / (noise * 60e3));
            EXPECT_NEAR(snr, snr_db, 0.7) << note.label;
        }
    }
}

TEST(Scene, MostOfEachSignalLiesBetweenItsAnnotatedEdges)
{
    const Scene scene = every_class(40.0);
    const auto info = scene_info(scene);
    const Samples samples = rendered(scene);
    for (const auto& note : info.annotations) {
        ASSERT_EQ(*note.freq_upper_hz - *note.freq_lower_hz, 60e3);
        const auto power = [&](double low, double high) {
            return band_power(samples, info, note.sample_start, note.sample_count, low, high);
        };
        EXPECT_GT(power(*note.freq_lower_hz, *note.freq_upper_hz) / power(432e6, 434e6), 0.88) << note.label;
    }
}

TEST(Scene, BurstsAreOnWhenTheirAnnotationsSayAndOffOtherwise)
{
    Scene scene;
    scene.sample_rate_hz = 200e3;
    scene.duration_s = 0.5;
    scene.noise_dbfs_per_hz = -100.0;
    scene.noise_tilt_db = 6.0;
    SceneSignal signal{ "QPSK", -30e3, 10e3, 0.0123, 0.02, 7, 0.0613, {}, -20.0 };
    scene.signals.push_back(signal);
    const auto info = scene_info(scene);
    const Samples samples = rendered(scene);
    ASSERT_EQ(info.annotations.size(), 7u);
    std::uint64_t end = 0;
    for (std::size_t k = 0; k < 7; ++k) {
        const auto& note = info.annotations[k];
        EXPECT_EQ(note.sample_start, static_cast<std::uint64_t>(std::llround((0.0123 + 0.0613 * k) * 200e3)));
        EXPECT_EQ(note.sample_count, 4000u);
        const double off = mean_power(samples, end, note.sample_start);
        const double on = mean_power(samples, note.sample_start, note.sample_start + 4000);
        EXPECT_NEAR(10.0 * std::log10(on - off), -20.0, 0.8);
        EXPECT_NEAR(10.0 * std::log10(off), -100.0 + 53.0, 0.8); // 200 kHz of noise
        end = note.sample_start + 4000;
    }
    // What the tilt adds at the upper edge of the band it takes at the lower one.
    const double upper = band_power(samples, info, end, samples.size() - end, 70e3, 100e3);
    const double lower = band_power(samples, info, end, samples.size() - end, -100e3, -70e3);
    EXPECT_NEAR(10.0 * std::log10(upper / lower), 6.0 * 0.85, 1.0);
    EXPECT_NEAR(scene.snr_db(signal), -20.0 - (-100.0 - 0.9 + 40.0), 1e-9);
}

TEST(Scene, ARandomSceneHasNoSignalOverAnother)
{
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        RandomSceneConfig config;
        config.signals = 15;
        config.seed = seed;
        config.snr_low_db = 5.0;
        const Scene scene = random_scene(config);
        ASSERT_EQ(scene.signals.size(), 15u);
        const auto notes = scene_info(scene).annotations;
        for (std::size_t i = 0; i < notes.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                const bool times = notes[i].sample_start < notes[j].sample_start + notes[j].sample_count;
                const bool bands = *notes[i].freq_lower_hz < *notes[j].freq_upper_hz &&
                                   *notes[j].freq_lower_hz < *notes[i].freq_upper_hz;
                EXPECT_FALSE(times && bands) << seed << ": " << notes[i].label << ", " << notes[j].label;
            }
        for (const auto& signal : scene.signals) {
            EXPECT_GE(*signal.snr_db, 5.0);
            EXPECT_LE(*signal.snr_db, 30.0);
        }
    }
}

TEST(Scene, ItsJsonGivesTheSameSamples)
{
    RandomSceneConfig config;
    config.duration_s = 0.15; // more than one piece
    config.seed = 3;
    const Scene scene = random_scene(config);
    const Scene again = scene_from_json(to_json_text(scene), "again.json");
    EXPECT_EQ(to_json_text(again), to_json_text(scene));
    const Samples samples = rendered(scene);
    EXPECT_EQ(rendered(again), samples);
    config.seed = 4;
    EXPECT_NE(rendered(random_scene(config)), samples);
}

TEST(Scene, InTurnHoldsEachClassOnceWithoutGaps)
{
    RandomSceneConfig config;
    config.duration_s = 0.3;
    config.snr_low_db = config.snr_high_db = 20.0;
    const Scene scene = scene_in_turn(config);
    const auto labels = load_recipe("onair")->labels();
    const auto info = scene_info(scene);
    ASSERT_EQ(info.annotations.size(), labels.size());
    const std::uint64_t turn = 300000 / labels.size();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        EXPECT_EQ(info.annotations[i].label, labels[i]);
        EXPECT_EQ(info.annotations[i].sample_start, i * turn);
        EXPECT_EQ(info.annotations[i].sample_count, turn);
    }
    EXPECT_EQ(rendered(scene).size(), 300000u);
}

TEST(Scene, TheCaptureReadsBack)
{
    RandomSceneConfig config;
    config.duration_s = 0.1;
    config.center_freq_hz = 868e6;
    const Scene scene = random_scene(config);
    const auto info = scene_info(scene);
    const Samples samples = rendered(scene);
    const std::string path = ::testing::TempDir() + "scene_test_" + std::to_string(getpid());
    recording::write_sigmf(path, info, samples);
    {
        recording::Recording recording(path, {});
        ASSERT_EQ(recording.info().sample_count, samples.size());
        EXPECT_EQ(recording.info().center_freq_hz, 868e6);
        ASSERT_EQ(recording.info().annotations.size(), info.annotations.size());
        for (std::size_t i = 0; i < info.annotations.size(); ++i) {
            const auto& read = recording.info().annotations[i];
            EXPECT_EQ(read.label, info.annotations[i].label);
            EXPECT_EQ(read.sample_start, info.annotations[i].sample_start);
            EXPECT_EQ(read.comment.rfind("SNR ", 0), 0u);
        }
        Samples back(samples.size());
        ASSERT_EQ(recording.read(back.data(), back.size()), back.size());
        EXPECT_EQ(back, samples); // 16 bits, as the scene's converter has
    }
    std::filesystem::remove(path + ".sigmf-meta");
    std::filesystem::remove(path + ".sigmf-data");
}

TEST(Scene, WrongScenesAreRefusedByName)
{
    const auto refuse = [](const std::string& signal, const std::string& part) {
        const std::string text =
            "{\"sample_rate_hz\": 1e6, \"duration_s\": 1, /* comment */ \"signals\": [" + signal + "]}";
        EXPECT_ERROR(scene_from_json(text, "s.json"), part);
    };
    const std::string good = "\"label\": \"QPSK\", \"bandwidth_hz\": 50000";
    EXPECT_NO_THROW(scene_from_json("{\"sample_rate_hz\": 1e6, \"duration_s\": 1, \"signals\": [{" + good +
                                        ", \"level_dbfs\": -20}]}",
                                    "s.json"));
    refuse("{" + good + "}", "s.json: signal 0 (QPSK): no level, or two");
    refuse("{" + good + ", \"snr_db\": 10, \"level_dbfs\": -20}", "either snr_db or level_dbfs");
    refuse("{" + good + ", \"snr_db\": 10, \"snr\": 3}", "signal 0: unknown key: found 'snr'");
    refuse("{" + good + ", \"snr_db\": 10, \"offset_hz\": 490000}", "bad offset_hz: found 490000");
    refuse("{" + good + ", \"snr_db\": 10, \"freq_hz\": 100, \"offset_hz\": 100}", "either freq_hz or offset_hz");
    refuse("{" + good + ", \"snr_db\": \"loud\"}", "bad value of 'snr_db': found \"loud\"");
    refuse("{" + good + ", \"snr_db\": 10, \"start_s\": 0.9, \"duration_s\": 0.2}", "end of the last burst");
    refuse("{" + good + ", \"snr_db\": 10, \"duration_s\": 1e-5}", "bad duration_s");
    refuse("{" + good + ", \"snr_db\": 10, \"duration_s\": 0.1, \"repeat\": {\"count\": 2, \"period_s\": 0.05}}",
           "at least the duration of a burst");
    refuse("{" + good + ", \"snr_db\": 10, \"repeat\": {\"count\": 2.5, \"period_s\": 0.05}}", "a whole number");
    refuse("{\"label\": \"9PSK\", \"bandwidth_hz\": 1000, \"snr_db\": 1}", "unknown label");
    refuse("{\"label\": \"noise\", \"snr_db\": 1}", "noise has no level");
    refuse("{\"label\": \"QPSK\", \"snr_db\": 1}", "bad bandwidth_hz");
    refuse("3", "signal 0: not a JSON object");
    EXPECT_ERROR(scene_from_json("{\"sample_rate_hz\": 1e6", "s.json"), "not JSON");
    EXPECT_ERROR(scene_from_json("{\"sample_rate_hz\": 1e300, \"duration_s\": 1, \"signals\": []}", "s.json"),
                 "bad sample_rate_hz");
    EXPECT_ERROR(scene_from_json("{\"sample_rate_hz\": 1e6, \"duration_s\": 1}", "s.json"), "missing key 'signals'");
    EXPECT_ERROR(
        scene_from_json("{\"recipe\": \"soup\", \"sample_rate_hz\": 1e6, \"duration_s\": 1, \"signals\": []}",
                        "s.json"),
        "soup");
    RandomSceneConfig crowded;
    crowded.signals = 900;
    EXPECT_ERROR(random_scene(crowded), "no room for another signal");
}

} // namespace
} // namespace prunedamr::synth
