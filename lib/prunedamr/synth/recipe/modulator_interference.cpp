// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/modulators.h"
#include "prunedamr/synth/signal/phasor.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

const std::vector<std::string> kShapes = { "sawtooth", "triangle" };
enum Shape { sawtooth, triangle };

/// Sweeps without data, one after another (FMCW) or with pauses between them (pulse-compression radar), linear or
/// slower in the middle or at the edges of the band.
class SweepModulator : public Modulator
{
public:
    explicit SweepModulator(JsonObject& fields)
        : bandwidth_(fields, "bandwidth", 0.0, 1.0), time_bandwidth_(fields, "time_bandwidth", 1.0, 1e6),
          shape_(fields, "shape", kShapes), curve_(fields, "curve", 0.1, 10.0),
          pulsed_(fields.number("pulsed", 0.0, 1.0)), duty_(fields, "duty", 1e-3, 1.0)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        const double bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        const double duty = rng.chance(pulsed_) ? duty_.draw(rng) : 1.0;
        const double period = time_bandwidth_.draw(rng) / bandwidth; // without the pause
        const bool there_and_back = shape_.draw(rng) == Shape::triangle;
        const double sign = rng.chance(0.5) ? 1.0 : -1.0, curve = curve_.draw(rng);
        double place = rng.uniform(0.0, 1.0 / duty), phase = rng.uniform(); // a pause from 1 on
        std::vector<float> turns(static_cast<std::size_t>(count));
        std::vector<bool> off(turns.size());
        for (std::size_t n = 0; n < turns.size(); ++n) {
            const double ramp = there_and_back ? 1.0 - 2.0 * std::abs(2.0 * place - 1.0) : 2.0 * place - 1.0;
            turns[n] = static_cast<float>(phase);
            off[n] = place >= 1.0;
            phase += off[n] ? 0.0 : 0.5 * sign * bandwidth * std::copysign(std::pow(std::abs(ramp), curve), ramp);
            phase -= std::floor(phase);
            place += 1.0 / period;
            place -= place >= 1.0 / duty ? 1.0 / duty : 0.0;
        }
        Samples samples(turns.size());
        write_phasors(turns.data(), turns.size(), samples.data());
        for (std::size_t n = 0; n < samples.size(); ++n)
            if (off[n])
                samples[n] = 0.0f;
        return { std::move(samples), bandwidth };
    }

private:
    Distribution bandwidth_;
    Distribution time_bandwidth_; ///< of one sweep
    WeightedChoice shape_;
    Distribution curve_; ///< power of the time, from the middle on, with which the frequency goes
    double pulsed_;
    Distribution duty_; ///< fraction of the time in which pulsed ones sweep
};

/// Short pulses of any height and phase at random times: sparks, switching supplies, radar from afar.
class ImpulseModulator : public Modulator
{
public:
    explicit ImpulseModulator(JsonObject& fields)
        : bandwidth_(fields, "bandwidth", 0.0, 1.0), rate_(fields, "rate", 1e-4, 0.5)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        const double bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        const double width = 1.0 / bandwidth, pause = width / rate_.draw(rng);
        std::vector<LevelRun> runs;
        for (double time = 0.0; time < count + pause;) {
            const double gap = -pause * std::log(1.0 - rng.uniform());
            runs.push_back({ 0.0f, gap });
            runs.push_back({ { static_cast<float>(rng.normal()), static_cast<float>(rng.normal()) }, width });
            time += gap + width;
        }
        return { render_runs(runs, 0.0, count), bandwidth };
    }

private:
    Distribution bandwidth_;
    Distribution rate_; ///< fraction of the time that is filled
};

/// Several carriers at once, at any frequencies of the band.
class CombModulator : public Modulator
{
public:
    explicit CombModulator(JsonObject& fields)
        : bandwidth_(fields, "bandwidth", 0.0, 1.0), lines_(fields, "lines", 2, 64),
          level_db_(fields, "level_db", -60.0, 0.0)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        const double bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        const auto lines = static_cast<int>(std::lround(lines_.draw(rng)));
        Samples samples(static_cast<std::size_t>(count)), line(samples.size());
        std::vector<float> turns(samples.size());
        for (int k = 0; k < lines; ++k) {
            const double place = k < 2 ? k : rng.uniform(); // two at the edges
            write_ramp(rng.uniform(), bandwidth * (place - 0.5), turns.size(), turns.data());
            write_phasors(turns.data(), turns.size(), line.data());
            const auto level = static_cast<float>(std::pow(10.0, level_db_.draw(rng) / 20.0));
            for (std::size_t n = 0; n < samples.size(); ++n)
                samples[n] += level * line[n];
        }
        return { std::move(samples), bandwidth };
    }

private:
    Distribution bandwidth_;
    Distribution lines_;
    Distribution level_db_; ///< of each line
};

/// One or more carriers at a time that leave for other frequencies together: frequency hopping, selective calls.
class HopModulator : public Modulator
{
public:
    explicit HopModulator(JsonObject& fields)
        : bandwidth_(fields, "bandwidth", 0.0, 1.0), time_bandwidth_(fields, "time_bandwidth", 1.0, 1e6),
          lines_(fields, "lines", 1, 64), pause_(fields, "pause", 0.0, 0.99)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        const double bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        const double period = time_bandwidth_.draw(rng) / bandwidth, on = period * (1.0 - pause_.draw(rng));
        const auto lines = static_cast<int>(std::lround(lines_.draw(rng)));
        Samples samples(static_cast<std::size_t>(count)), line(samples.size());
        std::vector<float> turns(samples.size());
        const auto sample_at = [&](double time) {
            return static_cast<std::size_t>(std::clamp(std::ceil(time), 0.0, static_cast<double>(count)));
        };
        for (double start = -rng.uniform(0.0, period); start < count; start += period) {
            const std::size_t first = sample_at(start), size = sample_at(start + on) - first;
            for (int k = 0; k < lines; ++k) {
                write_ramp(rng.uniform(), bandwidth * rng.uniform(-0.5, 0.5), size, turns.data());
                write_phasors(turns.data(), size, line.data());
                for (std::size_t n = 0; n < size; ++n)
                    samples[first + n] += line[n];
            }
        }
        return { std::move(samples), bandwidth };
    }

private:
    Distribution bandwidth_;
    Distribution time_bandwidth_; ///< of one stay
    Distribution lines_;          ///< at a time
    Distribution pause_;          ///< fraction of a stay that is silent
};

} // namespace

std::unique_ptr<Modulator> make_hop_modulator(JsonObject& fields)
{
    return std::make_unique<HopModulator>(fields);
}

std::unique_ptr<Modulator> make_sweep_modulator(JsonObject& fields)
{
    return std::make_unique<SweepModulator>(fields);
}

std::unique_ptr<Modulator> make_impulse_modulator(JsonObject& fields)
{
    return std::make_unique<ImpulseModulator>(fields);
}

std::unique_ptr<Modulator> make_comb_modulator(JsonObject& fields)
{
    return std::make_unique<CombModulator>(fields);
}

} // namespace prunedamr::synth
