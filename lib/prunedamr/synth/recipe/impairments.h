// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/recipe/distribution.h"
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/symbols.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::synth {

inline double amplitude(double db)
{
    return std::pow(10.0, db / 20.0);
}

/// A reception in the making, on its way through the stages.
struct Waveform {
    Samples samples; ///< with `margin` samples on either side, so that filters have settled when they are cut off
    int margin = 0;  ///< samples
    double snr_db = 0.0;       ///< wanted, in the signal's own band; NaN: there is no signal
    double bandwidth = 1.0;    ///< nominal, of the signal, cycles per sample; 1 without one
    double center = 0.0;       ///< of the signal, cycles per sample
    int on = 0;                ///< samples during which the transmitter is on
    std::vector<float> energy; ///< see `Reception::energy`; measured where the noise comes in

    bool has_signal() const { return snr_db == snr_db; }
};

/// One impairment, with the ranges that it draws from.
class Stage
{
public:
    virtual ~Stage() = default;
    virtual void apply(Waveform& waveform, const Transmitters& transmitters, Rng& rng) const = 0;

    /// Whether it does anything where there is only noise.
    virtual bool concerns_noise() const { return true; }
};

/// Names of all stages, in the order in which the shipped recipe has them.
const std::vector<std::string>& stage_names();

/// Reads the stage's own keys; the caller finishes `fields`. Throws `Error` for an unknown name or a bad value.
std::unique_ptr<Stage> make_stage(const std::string& name, JsonObject& fields);

/// The stages of each file, by their names in a recipe.
std::vector<Maker<Stage>> channel_stages(); ///< the transmitter and the way
std::vector<Maker<Stage>> band_stages();    ///< what else is in the band
std::vector<Maker<Stage>> receiver_stages();

/// One synthetic reception: `samples` as an antenna's receiver would deliver them.
struct Reception {
    Samples samples;
    std::string label;
    float snr_db = 0.0f;    ///< in the signal's own bandwidth; NaN for noise
    float center = 0.0f;    ///< carrier offset, cycles per sample
    float bandwidth = 0.0f; ///< nominal occupied bandwidth, cycles per sample; 1 for noise
    std::vector<float>
        energy; ///< energy[k]: of the signal alone in the first k * kEnergyStep samples, power 1 while on
};

inline constexpr int kEnergyStep = 64;

} // namespace prunedamr::synth
