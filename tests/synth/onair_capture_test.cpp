// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/synth/fft.h"
#include "prunedamr/synth/onair_capture.h"
#include "prunedamr/synth/recipe.h"
#include "synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::synth {
namespace {

TEST(OnairCapture, HoldsEachSignalOnceWhereItsAnnotationSays)
{
    CaptureConfig config;
    config.center_freq_hz = 433e6;
    config.samples_per_signal = 16384;
    const Capture capture = onair_capture(config);
    const auto labels = load_recipe("onair")->labels();
    ASSERT_EQ(capture.info.annotations.size(), labels.size());
    ASSERT_EQ(capture.samples.size(), labels.size() * 16384);
    EXPECT_EQ(capture.info.sample_count, capture.samples.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto& annotation = capture.info.annotations[i];
        EXPECT_EQ(annotation.label, labels[i]);
        EXPECT_EQ(annotation.sample_start, i * 16384);
        EXPECT_EQ(annotation.sample_count, 16384u);
        ASSERT_TRUE(annotation.freq_lower_hz && annotation.freq_upper_hz);
        EXPECT_GE(*annotation.freq_lower_hz, 433e6 - 0.5e6);
        EXPECT_LE(*annotation.freq_upper_hz, 433e6 + 0.5e6);
    }
    float peak = 0.0f;
    for (const auto& x : capture.samples)
        peak = std::max({ peak, std::abs(x.real()), std::abs(x.imag()) });
    EXPECT_NEAR(peak, 0.5f, 1e-6f);
}

TEST(OnairCapture, SnrInTheAnnotatedBandIsWhatWasAskedFor)
{
    for (const double snr_db : { 6.0, 25.0 }) {
        CaptureConfig config;
        config.samples_per_signal = 16384;
        config.snr_db = snr_db;
        const Capture capture = onair_capture(config);
        ASSERT_EQ(capture.info.annotations[0].label, "noise");
        const double noise = mean_power(capture.samples, 0, 16384);
        for (std::size_t i = 1; i < capture.info.annotations.size(); ++i) {
            const auto& annotation = capture.info.annotations[i];
            const double power = mean_power(capture.samples, i * 16384, (i + 1) * 16384) - noise;
            const double bandwidth =
                (*annotation.freq_upper_hz - *annotation.freq_lower_hz) / config.sample_rate_hz;
            EXPECT_NEAR(10.0 * std::log10(power / (noise * bandwidth)), snr_db, 0.5) << annotation.label;
        }
    }
}

TEST(OnairCapture, MostOfTheSignalLiesBetweenTheAnnotatedEdges)
{
    CaptureConfig config;
    config.samples_per_signal = 8192;
    config.snr_db = 40.0;
    const Capture capture = onair_capture(config);
    for (std::size_t i = 1; i < capture.info.annotations.size(); ++i) {
        const auto& annotation = capture.info.annotations[i];
        Samples bins(capture.samples.begin() + static_cast<std::ptrdiff_t>(i * 8192),
                     capture.samples.begin() + static_cast<std::ptrdiff_t>((i + 1) * 8192));
        transform_forward(bins);
        double inside = 0.0, all = 0.0;
        for (std::size_t k = 0; k < 8192; ++k) {
            const double hz = (static_cast<double>(k) / 8192 - (k >= 4096 ? 1.0 : 0.0)) * 1e6;
            all += std::norm(bins[k]);
            if (hz >= *annotation.freq_lower_hz && hz <= *annotation.freq_upper_hz)
                inside += std::norm(bins[k]);
        }
        EXPECT_GT(inside / all, 0.88) << annotation.label;
    }
}

TEST(OnairCapture, ChosenOrderAndErrors)
{
    CaptureConfig config;
    config.samples_per_signal = 1000;
    config.labels = { "NBFM", "noise", "NBFM" };
    EXPECT_EQ(onair_capture(config).info.annotations[2].label, "NBFM");
    config.labels = { "morse" };
    EXPECT_THROW(onair_capture(config), Error);
    config.labels.clear();
    config.sample_rate_hz = 0.0;
    EXPECT_THROW(onair_capture(config), Error);
}

} // namespace
} // namespace prunedamr::synth
