// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/scene/receiver_faults.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr double kLevel_dbfs = -20.0; // of all together

} // namespace

void draw_receiver(Scene& scene, Rng& rng)
{
    SceneReceiver& receiver = scene.receiver;
    if (rng.chance(0.4))
        receiver.phase_noise_db = std::round(rng.uniform(40.0, 70.0));
    if (rng.chance(0.4))
        receiver.image_db = std::round(rng.uniform(25.0, 60.0));
    if (rng.chance(0.2))
        receiver.third_order_db = std::round(rng.uniform(40.0, 80.0));
    if (rng.chance(0.5))
        receiver.dc_dbfs = std::round(rng.uniform(-60.0, -25.0));
    if (rng.chance(0.4))
        scene.noise_tilt_db = std::round(rng.uniform(-6.0, 6.0));
    if (rng.chance(0.3))
        receiver.ripple_db = std::round(rng.uniform(1.0, 4.0));
    if (rng.chance(0.15)) {
        receiver.gain_step_db = std::round(rng.uniform(-20.0, 12.0));
        receiver.gain_step_s = rng.uniform(0.1, 0.9) * scene.duration_s;
    }
    scene.bits = std::array<int, 3>{ 8, 12, 16 }[static_cast<std::size_t>(rng.integer(0, 2))];
}

void set_band_noise(Scene& scene)
{
    scene.noise_dbfs_per_hz = 0.0;
    double power = scene.sample_rate_hz;
    for (const auto& signal : scene.signals)
        power += std::pow(10.0, scene.level_dbfs(signal) / 10.0);
    scene.noise_dbfs_per_hz = kLevel_dbfs - 10.0 * std::log10(power) - std::max(0.0, scene.receiver.gain_step_db);
    const double noise = scene.noise_dbfs_per_hz + 10.0 * std::log10(scene.sample_rate_hz) -
                         std::abs(scene.noise_tilt_db) / 2 + std::min(0.0, scene.receiver.gain_step_db);
    while (scene.bits < 16 && -1.8 - 6.02 * scene.bits > noise - 6.0)
        scene.bits += 4;
}

} // namespace prunedamr::synth
