// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/linear.h"
#include "prunedamr/synth/signal/symbols.h"

namespace prunedamr::synth {
namespace {

/// "plain": a point per symbol. "offset": Q half a symbol later. "pi/4-differential": the phase steps by an odd
/// multiple of 45 degrees (points: QPSK).
const std::vector<std::string> kMappings = { "plain", "offset", "pi/4-differential" };
enum Mapping { plain, offset, differential };

const std::vector<std::string> kPulses = { "root_raised_cosine", "raised_cosine", "gaussian", "half_sine",
                                           "rectangular" };
constexpr Pulse kPulseOf[] = { Pulse::root_raised_cosine, Pulse::raised_cosine, Pulse::gaussian, Pulse::half_sine,
                               Pulse::rectangular };

/// Points e^{j phi} whose phase is the sum of all steps so far, 45 + 90 k degrees each.
Samples differential_points(const Symbols& steps)
{
    Samples out(steps.size());
    constexpr float kHalf = 0.70710678f;
    constexpr std::complex<float> kPhases[] = { { 1, 0 },  { kHalf, kHalf },   { 0, 1 },  { -kHalf, kHalf },
                                                { -1, 0 }, { -kHalf, -kHalf }, { 0, -1 }, { kHalf, -kHalf } };
    unsigned phase = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        phase = (phase + 2u * steps[i] + 1u) % 8u;
        out[i] = kPhases[phase];
    }
    return out;
}

class LinearModulator : public Modulator
{
public:
    explicit LinearModulator(Fields& fields)
        : points_(constellation(fields.text("constellation"), fields.where())),
          mapping_(fields.choice("mapping", kMappings)), source_(fields, static_cast<int>(points_.size())),
          samples_per_symbol_(fields.distribution("samples_per_symbol", 1.0, 1e6)),
          pulse_(fields.choice("pulse", kPulses)), roll_off_(fields.distribution("roll_off", 0.01, 0.99)),
          gaussian_bt_(fields.distribution("gaussian_bt", 0.1, 10.0))
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        LinearConfig config;
        config.pulse = kPulseOf[pulse_.draw(rng)];
        config.shape = config.pulse == Pulse::gaussian ? gaussian_bt_.draw(rng) : roll_off_.draw(rng);
        const int mapping = mapping_.draw(rng);
        config.offset = mapping == Mapping::offset;
        const double bandwidth = linear_bandwidth(config.pulse, config.shape);
        config.samples_per_symbol = draw_symbol_duration(samples_per_symbol_, bandwidth, limits, rng);
        config.first_instant = -(kPulseReach + rng.uniform()) * config.samples_per_symbol;
        const int symbols = static_cast<int>(count / config.samples_per_symbol) + 2 * kPulseReach + 3;
        const Symbols drawn = source_.draw(symbols, rng);
        return { modulate_linear(mapping == Mapping::differential ? differential_points(drawn) : map(drawn), config,
                                 count),
                 bandwidth / config.samples_per_symbol };
    }

private:
    Samples map(const Symbols& symbols) const
    {
        Samples out(symbols.size());
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = points_[symbols[i]];
        return out;
    }

    const Samples& points_;
    Choice mapping_;
    SymbolSource source_;
    Distribution samples_per_symbol_;
    Choice pulse_;
    Distribution roll_off_;
    Distribution gaussian_bt_;
};

} // namespace

std::unique_ptr<Modulator> make_linear_modulator(Fields& fields)
{
    return std::make_unique<LinearModulator>(fields);
}

} // namespace prunedamr::synth
