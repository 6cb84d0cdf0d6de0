// SPDX-License-Identifier: GPL-3.0-or-later

#include "prunedamr/base/error.h"
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/modulators.h"
#include "prunedamr/synth/signal/symbols.h"

#include <algorithm>
#include <cmath>

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
    explicit LinearModulator(JsonObject& fields)
        : points_(constellation(fields.string("constellation"), fields.where())),
          mapping_(fields, "mapping", kMappings), source_(fields, static_cast<int>(points_.size())),
          samples_per_symbol_(fields, "samples_per_symbol", 1.0, 1e6), pulse_(fields, "pulse", kPulses),
          roll_off_(fields, "roll_off", 0.01, 0.99), gaussian_bt_(fields, "gaussian_bt", 0.1, 10.0)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        LinearConfig config;
        const int pulse = pulse_.draw(rng);
        config.pulse = limits.unshaped ? Pulse::rectangular : kPulseOf[pulse];
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
    WeightedChoice mapping_;
    SymbolSource source_;
    Distribution samples_per_symbol_;
    WeightedChoice pulse_;
    Distribution roll_off_;
    Distribution gaussian_bt_;
};

} // namespace

std::unique_ptr<Modulator> make_linear_modulator(JsonObject& fields)
{
    return std::make_unique<LinearModulator>(fields);
}

namespace {

const std::vector<std::string> kCodes = { "plain", "manchester", "pulse_position", "pulse_width",
                                          "pulse_distance" };
constexpr KeyingCode kCodeOf[] = { KeyingCode::plain, KeyingCode::manchester, KeyingCode::pulse_position,
                                   KeyingCode::pulse_width, KeyingCode::pulse_distance };

class KeyingModulator : public Modulator
{
public:
    explicit KeyingModulator(JsonObject& fields)
        : source_(fields, 2), samples_per_chip_(fields, "samples_per_chip", 1.0, 1e6),
          code_(fields, "code", kCodes), pulse_(fields, "pulse_chips", 0.1, 1.0),
          long_ratio_(fields, "long_ratio", 1.1, 10.0), gaps_(fields.number("gaps", 0.0, 1.0)),
          message_(fields, "message_chips", 1.0, 1e6), gap_(fields, "gap_chips", 1.0, 1e6),
          soft_(fields.number("soft", 0.0, 1.0)), soft_chips_(fields, "soft_chips", 0.0, 1.0),
          leak_(fields.number("leak", 0.0, 1.0)), leak_db_(fields, "leak_db", -100.0, -3.0)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        // Pulses of a sample are real: the two nulls then lie beyond the rate and the band is as wide as may be.
        const double shortest = limits.widest < SignalLimits{}.widest ? 2.0 / limits.widest : 1.0;
        const double longest = limits.narrowest > 0.0 ? 2.0 / limits.narrowest : limits.longest_symbol;
        OokConfig config;
        config.samples_per_chip = samples_per_chip_.draw_within(
            shortest, std::max(shortest, std::min(longest, limits.longest_symbol)), rng);
        config.code = kCodeOf[code_.draw(rng)];
        config.pulse_chips = pulse_.draw(rng);
        config.long_ratio = long_ratio_.draw(rng);
        if (rng.chance(gaps_)) {
            config.message_chips = message_.draw(rng);
            config.gap_chips = limits.pauses ? gap_.draw(rng) : rng.uniform(4.0, SignalLimits::kLongestGap);
        }
        config.soft_chips = rng.chance(soft_) ? soft_chips_.draw(rng) : 0.0;
        config.leak = rng.chance(leak_) ? std::pow(10.0, leak_db_.draw(rng) / 20.0) : 0.0;
        config.first_chip = -rng.uniform(0.0, 4.0);
        config.since_gap = rng.uniform(0.0, config.message_chips);
        const int bits = static_cast<int>(count / config.samples_per_chip) + 10;
        return { modulate_ook(source_.draw(bits, rng), config, count),
                 std::min(2.0 / config.samples_per_chip, limits.widest) };
    }

private:
    SymbolSource source_;
    Distribution samples_per_chip_;
    WeightedChoice code_;
    Distribution pulse_;
    Distribution long_ratio_;
    double gaps_;
    Distribution message_;
    Distribution gap_;
    double soft_;
    Distribution soft_chips_;
    double leak_;
    Distribution leak_db_;
};

} // namespace

std::unique_ptr<Modulator> make_keying_modulator(JsonObject& fields)
{
    return std::make_unique<KeyingModulator>(fields);
}

namespace {

int read_order(JsonObject& fields)
{
    const double tones = fields.number("tones", 2, 16);
    if (std::exp2(std::round(std::log2(tones))) != tones)
        throw Error({ "bad 'tones'", fields.where(), std::to_string(tones), "2, 4, 8 or 16" });
    return static_cast<int>(tones);
}

class CpmModulator : public Modulator
{
public:
    explicit CpmModulator(JsonObject& fields)
        : order_(read_order(fields)), source_(fields, order_),
          samples_per_symbol_(fields, "samples_per_symbol", 1.0, 1e6), index_(fields, "index", 0.01, 100.0),
          gaussian_(fields.number("gaussian", 0.0, 1.0)), bt_(fields, "gaussian_bt", 0.1, 10.0)
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        CpmConfig config;
        config.modulation_index = index_.draw(rng);
        config.bt = rng.chance(gaussian_) ? bt_.draw(rng) : 0.0;
        const double bandwidth = cpm_bandwidth(config.modulation_index, order_);
        config.samples_per_symbol = draw_symbol_duration(samples_per_symbol_, bandwidth, limits, rng);
        config.first_symbol = -(3.0 + rng.uniform()) * config.samples_per_symbol;
        const int symbols = static_cast<int>(count / config.samples_per_symbol) + 8;
        return { modulate_cpm(to_levels(source_.draw(symbols, rng), order_), config, count),
                 bandwidth / config.samples_per_symbol };
    }

private:
    int order_;
    SymbolSource source_;
    Distribution samples_per_symbol_;
    Distribution index_;
    double gaussian_;
    Distribution bt_;
};

} // namespace

std::unique_ptr<Modulator> make_cpm_modulator(JsonObject& fields)
{
    return std::make_unique<CpmModulator>(fields);
}

} // namespace prunedamr::synth
