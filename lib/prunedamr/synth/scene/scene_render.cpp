// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "prunedamr/synth/scene/emission.h"
#include "prunedamr/synth/scene/scene.h"
#include "prunedamr/synth/signal/receiver_impairments.h"
#include "prunedamr/synth/signal/white_noise.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr std::uint64_t kPiece = 1 << 16; // samples

struct Transmission {
    std::uint64_t stream; ///< of random numbers
    EmissionConfig emission;

    std::uint64_t start() const { return emission.starts.front(); }
};

/// All transmissions in the order of their starts.
std::vector<Transmission> transmissions_of(const Scene& scene)
{
    std::vector<Transmission> result;
    std::uint64_t stream = 0;
    for (const auto& signal : scene.signals) {
        ++stream;
        if (!signal.sends())
            continue;
        Transmission one{ stream, {} };
        one.emission.label = signal.label;
        one.emission.bandwidth = signal.bandwidth_hz / scene.sample_rate_hz;
        one.emission.center = signal.offset_hz / scene.sample_rate_hz;
        one.emission.power = std::pow(10.0, scene.level_dbfs(signal) / 10.0);
        one.emission.starts = scene.starts(signal);
        one.emission.count = scene.burst_samples(signal);
        result.push_back(std::move(one));
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const Transmission& a, const Transmission& b) { return a.start() < b.start(); });
    return result;
}

std::uint64_t count_clipped(const Samples& samples)
{
    return static_cast<std::uint64_t>(std::count_if(samples.begin(), samples.end(), [](const auto& x) {
        return std::max(std::abs(x.real()), std::abs(x.imag())) > 1.0f;
    }));
}

} // namespace

std::uint64_t render_scene(const Scene& scene,
                           const std::function<void(const std::complex<float>* samples, std::size_t count)>& sink)
{
    validate(scene, "scene");
    const auto transmissions = transmissions_of(scene);
    const auto recipe = load_recipe(scene.recipe);
    const Rng seeds(scene.seed);
    Rng noise = seeds.fork(0);
    const double density = std::pow(10.0, scene.noise_dbfs_per_hz / 10.0) * scene.sample_rate_hz;
    std::vector<Emission> on;
    std::size_t next = 0;
    std::uint64_t clipped = 0;
    for (std::uint64_t at = 0, count; at < scene.sample_count(); at += count) {
        count = std::min(kPiece, scene.sample_count() - at);
        Samples piece(kPiece);
        add_noise(piece, density, noise);
        if (scene.noise_tilt_db != 0.0)
            tilt_spectrum(piece, scene.noise_tilt_db);
        piece.resize(count);
        for (; next < transmissions.size() && transmissions[next].start() < at + count; ++next) {
            Rng own = seeds.fork(transmissions[next].stream);
            on.emplace_back(recipe->transmitters(), transmissions[next].emission, own);
        }
        for (auto& emission : on)
            emission.add_to(piece.data(), at, count);
        on.erase(std::remove_if(on.begin(), on.end(), [&](const Emission& e) { return e.end() <= at + count; }),
                 on.end());
        clipped += count_clipped(piece);
        quantize(piece, scene.bits, 1.0);
        sink(piece.data(), count);
    }
    return clipped;
}

} // namespace prunedamr::synth
