// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/synth/frame_maker.h"
#include "prunedamr/synth/recipe/recipe.h"
#include "prunedamr/synth/scene/emission.h"
#include "prunedamr/synth/scene/scene.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/receiver_impairments.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr std::uint64_t kOscillator = 1'000'000'001; // its stream of random numbers: beyond those of signals
constexpr std::uint64_t kPiece = 1 << 16;            // samples
constexpr double kReference_dbfs = -20.0; // of each of the carriers that products of the third order are stated for

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
        for (const double offset_hz : signal.hop_offsets_hz)
            one.emission.centers.push_back(offset_hz / scene.sample_rate_hz);
        one.emission.skirts = signal.skirts;
        one.emission.pattern = signal.pattern_s * scene.sample_rate_hz;
        one.emission.drift = signal.drift_hz_per_s / (scene.sample_rate_hz * scene.sample_rate_hz);
        result.push_back(std::move(one));
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const Transmission& a, const Transmission& b) { return a.start() < b.start(); });
    return result;
}

void shape_noise(Samples& piece, const Scene& scene)
{
    if (scene.noise_tilt_db == 0.0 && scene.receiver.ripple_db == 0.0)
        return;
    SpectralShape shape(piece.size());
    shape.tilt(scene.noise_tilt_db);
    shape.ripple(scene.receiver.ripple_db, SceneReceiver::kRipplePeriods);
    shape.apply(piece);
}

/// x - c |x|^2 x: two carriers of amplitude a have products of c a^3.
void add_third_order(Samples& piece, double products_db)
{
    const double amplitude = std::pow(10.0, kReference_dbfs / 20.0);
    const auto c = static_cast<float>(std::pow(10.0, -products_db / 20.0) / (amplitude * amplitude));
    for (auto& x : piece)
        x -= c * std::norm(x) * x;
}

void add_image(Samples& piece, double image_db)
{
    const auto part = static_cast<float>(std::pow(10.0, -image_db / 20.0));
    for (auto& x : piece)
        x += part * std::conj(x);
}

/// An oscillator whose phase wanders within a corner frequency.
class PhaseNoise
{
public:
    PhaseNoise(double below_db, Rng rng)
        : rng_(rng), step_(std::sqrt(std::pow(10.0, -below_db / 10.0) * 2.0 * kCorner))
    {
    }

    void turn(Samples& piece)
    {
        for (auto& x : piece) {
            phase_ += step_ * rng_.normal() - kCorner * phase_;
            x *= std::complex<float>(static_cast<float>(std::cos(phase_)), static_cast<float>(std::sin(phase_)));
        }
    }

private:
    static constexpr double kCorner = 0.05; // radians per sample

    Rng rng_;
    double step_, phase_ = 0.0;
};

/// What the receiver does to the samples from `at` on.
void receive(Samples& piece, const Scene& scene, std::uint64_t at)
{
    const SceneReceiver& receiver = scene.receiver;
    const auto step = static_cast<std::uint64_t>(receiver.gain_step_s * scene.sample_rate_hz);
    const auto gain = static_cast<float>(std::pow(10.0, receiver.gain_step_db / 20.0));
    if (receiver.gain_step_db != 0.0)
        for (std::size_t i = step > at ? step - at : 0; i < piece.size(); ++i)
            piece[i] *= gain;
    if (receiver.third_order_db != 0.0)
        add_third_order(piece, receiver.third_order_db);
    if (receiver.image_db != 0.0)
        add_image(piece, receiver.image_db);
    if (receiver.dc_dbfs > -300.0)
        add_constant(piece, std::polar(1.0f, 1.0f) * static_cast<float>(std::pow(10.0, receiver.dc_dbfs / 20.0)));
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
    PhaseNoise oscillator(scene.receiver.phase_noise_db, seeds.fork(kOscillator));
    const double density = std::pow(10.0, scene.noise_dbfs_per_hz / 10.0) * scene.sample_rate_hz;
    std::vector<Emission> on;
    std::size_t next = 0;
    std::uint64_t clipped = 0;
    for (std::uint64_t at = 0, count; at < scene.sample_count(); at += count) {
        count = std::min(kPiece, scene.sample_count() - at);
        Samples piece(kPiece);
        add_noise(piece, density, noise);
        shape_noise(piece, scene);
        piece.resize(count);
        for (; next < transmissions.size() && transmissions[next].start() < at + count; ++next) {
            Rng own = seeds.fork(transmissions[next].stream);
            on.emplace_back(recipe->transmitters(), transmissions[next].emission, own);
        }
        for (auto& emission : on)
            emission.add_to(piece.data(), at, count);
        on.erase(std::remove_if(on.begin(), on.end(), [&](const Emission& e) { return e.end() <= at + count; }),
                 on.end());
        if (scene.receiver.phase_noise_db != 0.0)
            oscillator.turn(piece);
        receive(piece, scene, at);
        clipped += count_clipped(piece);
        quantize(piece, scene.bits, 1.0);
        sink(piece.data(), count);
    }
    return clipped;
}

} // namespace prunedamr::synth
