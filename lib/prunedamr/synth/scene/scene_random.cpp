// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "prunedamr/synth/scene/scene.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunedamr::synth {
namespace {

constexpr double kUsedBand = 0.9;    // of the rate
constexpr double kSpacing = 0.25;       // of the wider bandwidth, between neighbors
constexpr double kFullestLevel_dbfs = -20.0; // mean power of all that is on at the fullest time: room for peaks
constexpr double kMinSymbols = 64.0;  // of a burst: duration times bandwidth
constexpr int kPlacesTried = 2000;          // places for one signal

/// Down to a multiple of `step`, a power of ten, so that the scene's JSON reads well.
double floored(double value, double step)
{
    return step < 1.0 ? std::floor(value * std::round(1.0 / step)) / std::round(1.0 / step)
                      : std::floor(value / step) * step;
}

bool collide(const SceneSignal& a, const SceneSignal& b)
{
    return meet(a, b, kSpacing * std::max(a.bandwidth_hz, b.bandwidth_hz));
}

/// Sets the noise so that the fullest moment of the scene has the mean power kFullestLevel_dbfs.
void set_noise(Scene& scene)
{
    scene.noise_dbfs_per_hz = 0.0;
    double fullest = 0.0; // over a noise density of 1 per Hz
    for (const auto& at : scene.signals) {
        double power = 0.0;
        for (const auto& other : scene.signals)
            if (other.sends() && other.start_s <= at.start_s && at.start_s < other.end_s())
                power += std::pow(10.0, scene.level_dbfs(other) / 10.0);
        fullest = std::max(fullest, power);
    }
    scene.noise_dbfs_per_hz = floored(kFullestLevel_dbfs - 10.0 * std::log10(fullest + scene.sample_rate_hz), 0.1);
}

Scene empty_scene(const RandomSceneConfig& config)
{
    Scene scene;
    scene.recipe = config.recipe;
    scene.sample_rate_hz = config.sample_rate_hz;
    scene.center_freq_hz = config.center_freq_hz;
    scene.duration_s = config.duration_s;
    scene.seed = config.seed;
    validate(scene, "scene");
    if (!(config.snr_low_db <= config.snr_high_db))
        throw Error({ "bad SNR range", "scene", std::to_string(config.snr_low_db), "low,high" });
    return scene;
}

/// Those asked for, all of which the recipe must know; or all of the recipe.
std::vector<std::string> labels_of(const RandomSceneConfig& config, bool with_noise)
{
    const auto recipe = load_recipe(config.recipe);
    std::vector<std::string> labels;
    for (const auto& label : config.labels.empty() ? recipe->labels() : config.labels) {
        recipe->transmitters().require(label);
        if (with_noise || !recipe->transmitters().is_noise(label))
            labels.push_back(label);
    }
    if (labels.empty())
        throw Error({ "no signals", "scene", "noise only", "a class that sends" });
    return labels;
}

double draw_snr(const RandomSceneConfig& config, Rng& rng)
{
    return floored(rng.uniform(config.snr_low_db, config.snr_high_db), 0.1);
}

SceneSignal draw_place(const Scene& scene, const std::string& label, bool bursts, double snr_db, Rng& rng)
{
    const double rate = scene.sample_rate_hz, all = scene.duration_s;
    SceneSignal signal;
    signal.label = label;
    signal.snr_db = snr_db;
    const double hertz = std::pow(10.0, std::floor(std::log10(rate)) - 4.0); // step of frequencies
    signal.bandwidth_hz = std::max(hertz, floored(rng.log_uniform(rate / 150, rate / 8), hertz));
    signal.offset_hz = floored(rng.uniform(-0.5, 0.5) * (kUsedBand * rate - signal.bandwidth_hz), hertz);
    const double least = std::min(all, std::max(kMinSymbols / signal.bandwidth_hz, 100.0 / rate));
    if (bursts) {
        signal.duration_s = std::max(least, all * rng.log_uniform(0.01, 0.1));
        signal.period_s = signal.duration_s * rng.uniform(1.5, 5.0);
        signal.start_s = rng.uniform(0.0, std::min(0.5 * all, all - signal.duration_s));
        const double room = (all - signal.start_s - signal.duration_s) / signal.period_s;
        signal.count = 1 + static_cast<std::int64_t>(room * rng.uniform(0.4, 1.0));
    } else {
        signal.duration_s = std::max(least, all * rng.uniform(0.3, 1.0));
        signal.start_s = rng.uniform(0.0, 1.0) * (all - signal.duration_s);
    }
    const double tick = std::pow(10.0, std::floor(-std::log10(rate))); // at most a sample
    for (double* time : { &signal.start_s, &signal.duration_s, &signal.period_s })
        *time = floored(*time, tick);
    return signal;
}

} // namespace

Scene random_scene(const RandomSceneConfig& config)
{
    Scene scene = empty_scene(config);
    Rng rng(config.seed);
    auto labels = labels_of(config, false);
    for (int i = 0; i < config.signals; ++i) {
        const auto at = static_cast<std::size_t>(i) % labels.size();
        if (at == 0)
            for (std::size_t k = labels.size(); k > 1; --k)
                std::swap(labels[k - 1],
                          labels[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(k) - 1))]);
        const bool bursts = rng.chance(config.bursts);
        const double snr_db = draw_snr(config, rng);
        int tries = 0;
        SceneSignal signal;
        do {
            if (++tries > kPlacesTried)
                throw Error({ "no room for another signal", "scene", std::to_string(i) + " of them",
                              "fewer signals, or more that come in bursts" });
            signal = draw_place(scene, labels[at], bursts, snr_db, rng);
        } while (std::any_of(scene.signals.begin(), scene.signals.end(),
                             [&](const SceneSignal& other) { return collide(signal, other); }));
        scene.signals.push_back(signal);
    }
    set_noise(scene);
    validate(scene, "scene");
    return scene;
}

Scene scene_in_turn(const RandomSceneConfig& config)
{
    Scene scene = empty_scene(config);
    Rng rng(config.seed);
    const auto labels = labels_of(config, true);
    const auto recipe = load_recipe(config.recipe);
    const double turn = std::floor(static_cast<double>(scene.sample_count()) / static_cast<double>(labels.size())) /
                        scene.sample_rate_hz;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        SceneSignal signal;
        signal.label = labels[i];
        signal.start_s = turn * static_cast<double>(i);
        signal.duration_s = turn;
        scene.signals.push_back(signal);
        if (recipe->transmitters().is_noise(signal.label))
            continue;
        signal.bandwidth_hz = std::round(scene.sample_rate_hz * rng.log_uniform(0.1, 0.35));
        signal.offset_hz = std::round(scene.sample_rate_hz * rng.uniform(-0.05, 0.05));
        signal.snr_db = draw_snr(config, rng);
        scene.signals.back() = signal;
    }
    set_noise(scene);
    validate(scene, "scene");
    return scene;
}

} // namespace prunedamr::synth
