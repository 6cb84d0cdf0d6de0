// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/impairments.h"
#include "prunedamr/synth/signal/channel.h"
#include "prunedamr/synth/signal/receiver_impairments.h"

#include <cmath>

namespace prunedamr::synth {
namespace {

class IqImbalance : public Stage
{
public:
    explicit IqImbalance(JsonObject& fields)
        : gain_(fields, "gain_db", -20.0, 20.0), phase_(fields, "phase_rad", -1.5, 1.5)
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const double gain = gain_.draw(rng);
        unbalance_iq(waveform.samples, gain, phase_.draw(rng));
    }

private:
    Distribution gain_; ///< of Q over I
    Distribution phase_;
};

/// Leakage of the local oscillator.
class DcSpike : public Stage
{
public:
    explicit DcSpike(JsonObject& fields) : level_(fields, "level_db", -100.0, 20.0) {}

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const double level = rms(waveform.samples) * amplitude(level_.draw(rng));
        add_constant(waveform.samples,
                     std::polar(static_cast<float>(level), static_cast<float>(rng.uniform(0.0, 2.0 * M_PI))));
    }

private:
    Distribution level_; ///< relative to all that is there
};

/// The gain control steps, and settles again.
class AgcStep : public Stage
{
public:
    explicit AgcStep(JsonObject& fields) : step_(fields, "step_db", -60.0, 60.0), decay_(fields, "decay", 1e-4, 1e3)
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const auto size = static_cast<double>(waveform.samples.size());
        const int position = static_cast<int>(rng.uniform(0.0, size));
        const double step = step_.draw(rng);
        step_gain(waveform.samples, position, step, size * decay_.draw(rng));
    }

private:
    Distribution step_;
    Distribution decay_; ///< time constant, of the block
};

class Tilt : public Stage
{
public:
    explicit Tilt(JsonObject& fields) : slope_(fields, "slope_db", -60.0, 60.0) {}

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        tilt_spectrum(waveform.samples, slope_.draw(rng));
    }

private:
    Distribution slope_; ///< from one end of the band to the other
};

/// The analogue low-pass is seen within the rate.
class Droop : public Stage
{
public:
    explicit Droop(JsonObject& fields) : corner_(fields, "corner", 0.01, 10.0), order_(fields, "order", 0.5, 20.0)
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const double corner = corner_.draw(rng);
        droop_spectrum(waveform.samples, corner, order_.draw(rng));
    }

private:
    Distribution corner_; ///< -3 dB frequency, cycles per sample
    Distribution order_;  ///< of the Butterworth response
};

/// Analogue to digital: a number of bits, driven to a level below full scale, or over it.
class Converter : public Stage
{
public:
    explicit Converter(JsonObject& fields)
        : bits_(fields, "bits", 1, 24), load_(fields, "load_db", -120.0, 20.0),
          clipping_(fields.number("clipping", 0.0, 1.0)), clipped_load_(fields, "clipped_load_db", -20.0, 40.0)
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        const double load = (rng.chance(clipping_) ? clipped_load_ : load_).draw(rng);
        quantize(waveform.samples, static_cast<int>(std::lround(bits_.draw(rng))),
                 rms(waveform.samples) / amplitude(load));
    }

private:
    Distribution bits_;
    Distribution load_; ///< RMS relative to full scale
    double clipping_;
    Distribution clipped_load_;
};

/// Only the signal's own band reaches us, as behind a channeliser; noise then is band-limited noise.
class ChannelFilterStage : public Stage
{
public:
    explicit ChannelFilterStage(JsonObject& fields)
        : width_(fields, "width", 0.01, 100.0), slope_(fields, "slope", 0.001, 10.0),
          floor_(fields, "floor_db", -200.0, -1.0), noise_(fields.number("noise_share", 0.0, 1.0)),
          noise_width_(fields, "noise_width", 0.01, 1.0)
    {
    }

    void apply(Waveform& waveform, const Transmitters&, Rng& rng) const override
    {
        ChannelFilter filter;
        if (waveform.has_signal()) {
            filter.center = waveform.center;
            filter.width = waveform.bandwidth * width_.draw(rng);
        } else {
            if (!rng.chance(noise_))
                return;
            filter.width = noise_width_.draw(rng);
            filter.center = 0.5 * (1.0 - filter.width) * rng.uniform(-1.0, 1.0);
        }
        filter.slope = filter.width * slope_.draw(rng);
        filter.floor_db = floor_.draw(rng);
        if (filter.width < 1.0)
            filter_channel(waveform.samples, filter);
    }

private:
    Distribution width_; ///< of the bandwidth; below 1 it cuts into the signal
    Distribution slope_; ///< transition, of the filter's width
    Distribution floor_;
    double noise_; ///< fraction of the time in which it is there where noise is alone
    Distribution noise_width_;
};

} // namespace

std::vector<Maker<Stage>> receiver_stages()
{
    return { { "iq_imbalance", make_one<Stage, IqImbalance> },
             { "dc_spike", make_one<Stage, DcSpike> },
             { "agc_step", make_one<Stage, AgcStep> },
             { "tilt", make_one<Stage, Tilt> },
             { "droop", make_one<Stage, Droop> },
             { "converter", make_one<Stage, Converter> },
             { "channel_filter", make_one<Stage, ChannelFilterStage> } };
}

} // namespace prunedamr::synth
