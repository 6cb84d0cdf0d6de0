// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/reception.h"
#include "prunedamr/synth/recipe/stage.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/receiver.h"
#include "prunedamr/synth/signal/white_noise.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

double amplitude(double db)
{
    return std::pow(10.0, db / 20.0);
}

void add(Samples& samples, const Samples& other, double scale)
{
    const auto factor = static_cast<float>(scale);
    for (std::size_t n = 0; n < samples.size(); ++n)
        samples[n] += factor * other[n];
}

std::vector<float> running_energy(const Waveform& waveform)
{
    std::vector<float> running{ 0.0f };
    const auto* samples = waveform.samples.data() + waveform.margin;
    const auto count = waveform.samples.size() - 2 * static_cast<std::size_t>(waveform.margin);
    double sum = 0.0;
    for (std::size_t first = 0; first < count; first += kEnergyStep) {
        sum += energy(samples + first, std::min<std::size_t>(kEnergyStep, count - first));
        running.push_back(static_cast<float>(sum));
    }
    return running;
}

/// The receiver's noise, at the density that gives the signal its SNR; of density 1 where there is none.
class Noise : public Stage
{
public:
    explicit Noise(Fields& fields)
        : coloured_(fields.probability("coloured")), slope_(fields.distribution("slope_db", -60.0, 60.0))
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        double density = 1.0;
        if (waveform.has_signal()) {
            const double power =
                std::pow(rms(waveform.samples), 2.0) * static_cast<double>(waveform.samples.size()) / waveform.on;
            waveform.energy = running_energy(waveform);
            for (auto& energy : waveform.energy)
                energy /= static_cast<float>(power);
            density = noise_density(power, waveform.bandwidth, waveform.snr_db);
        }
        if (!rng.chance(coloured_))
            return add_noise(waveform.samples, density, rng);
        Samples noise(waveform.samples.size());
        add_noise(noise, 1.0, rng);
        const double slope_db = slope_.draw(rng);
        tilt_spectrum(noise, slope_db);
        add(waveform.samples, noise, std::sqrt(density) / amplitude(slope_db * waveform.center));
    }

private:
    double coloured_;
    Distribution slope_; ///< of the density from one end of the band to the other
};

/// Another signal beside ours, too weak to be taken for it.
class Neighbour : public Stage
{
public:
    explicit Neighbour(Fields& fields)
        : level_(fields.distribution("level_db", -100.0, 60.0)), width_(fields.distribution("width", 0.01, 100.0)),
          gap_(fields.distribution("gap", 0.0, 100.0))
    {
    }

    bool concerns_noise() const override { return false; }

    void apply(Waveform& waveform, const Transmitters& transmitters, Rng& rng) const override
    {
        const double wanted = waveform.bandwidth * width_.draw(rng);
        const SignalLimits limits = { 0.7 * wanted, std::min(wanted, 0.8), 1e9 };
        const double side = rng.chance(0.5) ? 1.0 : -1.0;
        const double distance = 0.5 * (waveform.bandwidth + wanted) + gap_.draw(rng) * waveform.bandwidth;
        const double center = waveform.center + side * distance;
        const double level = rms(waveform.samples) * amplitude(level_.draw(rng));
        if (std::abs(center) + wanted / 2 > 0.5)
            return; // no room on this side
        Signal other = transmitters.transmit_any(static_cast<int>(waveform.samples.size()), limits, rng);
        mix(other.samples, { center, 0.0, 0.0, rng.uniform(0.0, 2.0 * M_PI) }, rng);
        add(waveform.samples, other.samples, level);
    }

private:
    Distribution level_; ///< relative to all that is there already
    Distribution width_; ///< its bandwidth, of ours
    Distribution gap_;   ///< between the two, of our bandwidth
};

/// A weak carrier in the band that is none of ours: a spurious product of the receiver or of somebody else.
class Spur : public Stage
{
public:
    explicit Spur(Fields& fields)
        : level_(fields.distribution("level_db", -100.0, 0.0)), place_(fields.distribution("place", -100.0, 100.0))
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const double level = rms(waveform.samples) * amplitude(level_.draw(rng));
        const double frequency = waveform.center + waveform.bandwidth * place_.draw(rng);
        Samples tone(waveform.samples.size(), 1.0f);
        mix(tone, { frequency, 0.0, 0.0, rng.uniform(0.0, 2.0 * M_PI) }, rng);
        add(waveform.samples, tone, level);
    }

private:
    Distribution level_; ///< relative to all that is there
    Distribution place_; ///< from the middle of our signal, of its bandwidth
};

} // namespace

std::vector<Maker<Stage>> band_stages()
{
    return { { "noise", make_one<Stage, Noise> },
             { "neighbour", make_one<Stage, Neighbour> },
             { "spur", make_one<Stage, Spur> } };
}

} // namespace prunedamr::synth
