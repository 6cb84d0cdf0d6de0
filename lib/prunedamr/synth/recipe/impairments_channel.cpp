// SPDX-License-Identifier: GPL-3.0-or-later

#include "prunedamr/synth/recipe/impairments.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/receiver_impairments.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

/// A stage that works on the signal alone.
class SignalStage : public Stage
{
public:
    bool concerns_noise() const override { return false; }
};

/// The transmission begins or ends inside the block.
class Burst : public SignalStage
{
public:
    explicit Burst(JsonObject& fields)
        : place_(fields, "place", { "begins", "ends", "short", "cut_out" }), begin_(fields, "begin", 0.0, 1.0),
          length_(fields, "length", 0.0, 1.0), edge_(fields, "edge", 0.0, 0.5),
          ramp_(fields, "ramp_samples", 1.0, 1e4)
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const int all = static_cast<int>(waveform.samples.size());
        const double count = all - 2 * waveform.margin;
        const auto place = [&](double fraction) { return waveform.margin + static_cast<int>(fraction * count); };
        int begin = 0, end = all;
        switch (place_.draw(rng)) {
        case 0:
            begin = place(begin_.draw(rng));
            break;
        case 1:
            end = place(1.0 - begin_.draw(rng));
            break;
        case 2:
            begin = place(begin_.draw(rng));
            end = begin + static_cast<int>(length_.draw(rng) * count);
            break;
        default: // a detector that cut the block out around the burst
            begin = place(edge_.draw(rng));
            end = place(1.0 - edge_.draw(rng));
        }
        end = std::clamp(end, begin + 1, all);
        gate_burst(waveform.samples, begin, end, static_cast<int>(ramp_.draw(rng)));
        waveform.on = end - begin;
    }

private:
    WeightedChoice place_;
    Distribution begin_;
    Distribution length_;
    Distribution edge_;
    Distribution ramp_;
};

/// The transmitter's clock changes its rate over the block; a constant error is in the symbol rate already.
class ClockDrift : public SignalStage
{
public:
    explicit ClockDrift(JsonObject& fields) : ppm_(fields, "ppm", -1e4, 1e4) {}

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        drift_clock(waveform.samples, 1e-6 * ppm_.draw(rng));
    }

private:
    Distribution ppm_;
};

class Multipath : public SignalStage
{
public:
    explicit Multipath(JsonObject& fields)
        : echoes_(fields, "echoes", 1, 16), level_(fields, "level_db", -100.0, 0.0),
          delay_(fields, "delay", 0.0, 100.0)
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const auto echoes = std::lround(echoes_.draw(rng));
        for (long i = 0; i < echoes; ++i) {
            const auto delay = std::lround(delay_.draw(rng) / waveform.bandwidth);
            add_echo(waveform.samples, std::clamp(static_cast<int>(delay), 1, waveform.margin),
                     std::polar(static_cast<float>(amplitude(level_.draw(rng))),
                                static_cast<float>(rng.uniform(0.0, 2.0 * M_PI))));
        }
    }

private:
    Distribution echoes_;
    Distribution level_;
    Distribution delay_; ///< in multiples of 1 / bandwidth
};

class FlatFading : public SignalStage
{
public:
    explicit FlatFading(JsonObject& fields) : depth_(fields, "depth", 0.0, 1.0), turns_(fields, "turns", -1e3, 1e3)
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const double turns = turns_.draw(rng) / static_cast<double>(waveform.samples.size());
        fade(waveform.samples, depth_.draw(rng), turns, rng.uniform(0.0, 2.0 * M_PI));
    }

private:
    Distribution depth_;
    Distribution turns_; ///< of the second ray against the first, over the block
};

/// Where the signal stands in the band, and how steadily.
class CarrierStage : public SignalStage
{
public:
    explicit CarrierStage(JsonObject& fields)
        : near_(fields.number("near_center", 0.0, 1.0)), offset_(fields, "offset", -100.0, 100.0),
          drift_(fields, "drift", -100.0, 100.0), line_width_(fields, "line_width", 0.0, 1.0),
          widest_(fields.number("widest", 0.1, 1.0))
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const double bandwidth = waveform.bandwidth;
        const double room = std::max(0.0, 0.5 * (widest_ - bandwidth));
        const double offset =
            rng.chance(near_) ? std::clamp(bandwidth * offset_.draw(rng), -room, room) : rng.uniform(-room, room);
        mix(waveform.samples,
            { offset, bandwidth * drift_.draw(rng), bandwidth * line_width_.draw(rng),
              rng.uniform(0.0, 2.0 * M_PI) },
            rng);
        waveform.center += offset;
    }

private:
    double near_;             ///< probability of an offset from `offset`; else anywhere in the band
    Distribution offset_;     ///< of the bandwidth
    Distribution drift_;      ///< over the block, of the bandwidth
    Distribution line_width_; ///< of the oscillator, of the bandwidth
    double widest_;           ///< fraction of the rate in which signals stand
};

} // namespace

std::vector<Maker<Stage>> channel_stages()
{
    return { { "burst", make_one<Stage, Burst> },
             { "clock_drift", make_one<Stage, ClockDrift> },
             { "multipath", make_one<Stage, Multipath> },
             { "flat_fading", make_one<Stage, FlatFading> },
             { "carrier", make_one<Stage, CarrierStage> } };
}

namespace {

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
    explicit Noise(JsonObject& fields)
        : colored_(fields.number("colored", 0.0, 1.0)), slope_(fields, "slope_db", -60.0, 60.0)
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
        if (!rng.chance(colored_))
            return add_noise(waveform.samples, density, rng);
        Samples noise(waveform.samples.size());
        add_noise(noise, 1.0, rng);
        const double slope_db = slope_.draw(rng);
        tilt_spectrum(noise, slope_db);
        add(waveform.samples, noise, std::sqrt(density) / amplitude(slope_db * waveform.center));
    }

private:
    double colored_;
    Distribution slope_; ///< of the density from one end of the band to the other
};

/// Another signal beside ours, too weak to be taken for it.
class Neighbor : public Stage
{
public:
    explicit Neighbor(JsonObject& fields)
        : level_(fields, "level_db", -100.0, 60.0), width_(fields, "width", 0.01, 100.0),
          gap_(fields, "gap", 0.0, 100.0)
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
    explicit Spur(JsonObject& fields)
        : level_(fields, "level_db", -100.0, 0.0), place_(fields, "place", -100.0, 100.0)
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
             { "neighbor", make_one<Stage, Neighbor> },
             { "spur", make_one<Stage, Spur> } };
}

} // namespace prunedamr::synth
