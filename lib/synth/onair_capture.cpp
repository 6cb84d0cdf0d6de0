// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/onair_capture.h"
#include "prunedamr/base/error.h"
#include "prunedamr/synth/channel.h"
#include "prunedamr/synth/recipe.h"
#include "prunedamr/synth/white_noise.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr SignalLimits kModerate = { 0.1, 0.35, 16.0 };
constexpr double kLargestOffset = 0.05; // cycles per sample
constexpr double kPeak = 0.5;           // of full scale
constexpr int kRamp = 32;

/// One signal of the density at which its SNR is as asked for above a noise density of 1, with its annotation.
data::Annotation append_signal(Samples& samples, const CaptureConfig& config, const Recipe& recipe,
                               const std::string& label, Rng& rng)
{
    Signal signal = recipe.transmitters().transmit(label, config.samples_per_signal, kModerate, rng);
    gate_burst(signal.samples, 0, config.samples_per_signal, kRamp);
    const double offset = kLargestOffset * rng.uniform(-1.0, 1.0);
    mix(signal.samples, { offset, 0.0, 0.0, rng.uniform(0.0, 2.0 * M_PI) }, rng);
    const auto gain = static_cast<float>(std::sqrt(signal.bandwidth * std::pow(10.0, config.snr_db / 10.0)));
    data::Annotation annotation;
    annotation.freq_lower_hz = config.center_freq_hz + (offset - signal.bandwidth / 2) * config.sample_rate_hz;
    annotation.freq_upper_hz = config.center_freq_hz + (offset + signal.bandwidth / 2) * config.sample_rate_hz;
    for (const auto& x : signal.samples)
        samples.push_back(gain * x);
    return annotation;
}

void scale_to_peak(Samples& samples)
{
    float peak = 0.0f;
    for (const auto& x : samples)
        peak = std::max({ peak, std::abs(x.real()), std::abs(x.imag()) });
    for (auto& x : samples)
        x *= static_cast<float>(kPeak) / peak;
}

void check(const CaptureConfig& config)
{
    if (!(config.sample_rate_hz > 0.0))
        throw Error({ "bad sample rate", "capture", std::to_string(config.sample_rate_hz), "above 0 Hz" });
    if (config.samples_per_signal < 2 * kRamp)
        throw Error({ "bad samples_per_signal", "capture", std::to_string(config.samples_per_signal),
                      "at least " + std::to_string(2 * kRamp) });
}

} // namespace

Capture onair_capture(const CaptureConfig& config)
{
    check(config);
    const auto recipe = load_recipe("onair");
    const auto labels = config.labels.empty() ? recipe->labels() : config.labels;
    Capture capture;
    Samples& samples = capture.samples;
    Rng rng(config.seed);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        recipe->transmitters().require(labels[i]);
        Rng own = rng.fork(i);
        data::Annotation annotation;
        const std::size_t start = samples.size();
        if (recipe->transmitters().is_noise(labels[i])) {
            samples.resize(start + static_cast<std::size_t>(config.samples_per_signal));
            annotation.freq_lower_hz = config.center_freq_hz - config.sample_rate_hz / 2;
            annotation.freq_upper_hz = config.center_freq_hz + config.sample_rate_hz / 2;
        } else {
            annotation = append_signal(samples, config, *recipe, labels[i], own);
        }
        annotation.sample_start = start;
        annotation.sample_count = static_cast<std::uint64_t>(config.samples_per_signal);
        annotation.label = labels[i];
        capture.info.annotations.push_back(annotation);
    }
    Rng noise = rng.fork(labels.size());
    add_noise(samples, 1.0, noise);
    scale_to_peak(samples);
    capture.info.sample_rate_hz = config.sample_rate_hz;
    capture.info.center_freq_hz = config.center_freq_hz;
    capture.info.sample_count = samples.size();
    capture.info.description = "synthetic signals one after another on one noise floor";
    return capture;
}

} // namespace prunedamr::synth
