// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/stage.h"
#include "prunedamr/synth/signal/channel.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

double amplitude(double db)
{
    return std::pow(10.0, db / 20.0);
}

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
    explicit Burst(Fields& fields)
        : place_(fields.choice("place", { "begins", "ends", "short", "cut_out" })),
          begin_(fields.distribution("begin", 0.0, 1.0)), length_(fields.distribution("length", 0.0, 1.0)),
          edge_(fields.distribution("edge", 0.0, 0.5)), ramp_(fields.distribution("ramp_samples", 1.0, 1e4))
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const int all = static_cast<int>(waveform.samples.size());
        const double count = all - 2 * waveform.margin;
        const auto place = [&](double share) { return waveform.margin + static_cast<int>(share * count); };
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
    Choice place_;
    Distribution begin_;
    Distribution length_;
    Distribution edge_;
    Distribution ramp_;
};

/// The transmitter's clock changes its rate over the block; a constant error is in the symbol rate already.
class ClockDrift : public SignalStage
{
public:
    explicit ClockDrift(Fields& fields) : ppm_(fields.distribution("ppm", -1e4, 1e4)) {}

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
    explicit Multipath(Fields& fields)
        : echoes_(fields.distribution("echoes", 1, 16)), level_(fields.distribution("level_db", -100.0, 0.0)),
          delay_(fields.distribution("delay", 0.0, 100.0))
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
    explicit FlatFading(Fields& fields)
        : depth_(fields.distribution("depth", 0.0, 1.0)), turns_(fields.distribution("turns", -1e3, 1e3))
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
    explicit CarrierStage(Fields& fields)
        : near_(fields.probability("near_center")), offset_(fields.distribution("offset", -100.0, 100.0)),
          drift_(fields.distribution("drift", -100.0, 100.0)),
          line_width_(fields.distribution("line_width", 0.0, 1.0)), widest_(fields.number("widest", 0.1, 1.0))
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
    double widest_;           ///< share of the rate in which signals stand
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

} // namespace prunedamr::synth
