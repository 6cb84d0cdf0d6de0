// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/ook.h"
#include "prunedamr/synth/signal/symbols.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

const std::vector<std::string> kCodes = { "plain", "manchester", "pulse_position", "pulse_width",
                                          "pulse_distance" };
constexpr KeyingCode kCodeOf[] = { KeyingCode::plain, KeyingCode::manchester, KeyingCode::pulse_position,
                                   KeyingCode::pulse_width, KeyingCode::pulse_distance };

class KeyingModulator : public Modulator
{
public:
    explicit KeyingModulator(Fields& fields)
        : source_(fields, 2), samples_per_chip_(fields.distribution("samples_per_chip", 1.0, 1e6)),
          code_(fields.choice("code", kCodes)), pulse_(fields.distribution("pulse_chips", 0.1, 1.0)),
          long_ratio_(fields.distribution("long_ratio", 1.1, 10.0)), gaps_(fields.probability("gaps")),
          message_(fields.distribution("message_chips", 1.0, 1e6)),
          gap_(fields.distribution("gap_chips", 1.0, 1e6)), soft_(fields.probability("soft")),
          soft_chips_(fields.distribution("soft_chips", 0.0, 1.0)), leak_(fields.probability("leak")),
          leak_db_(fields.distribution("leak_db", -100.0, -3.0))
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
            config.gap_chips = gap_.draw(rng);
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
    Choice code_;
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

std::unique_ptr<Modulator> make_keying_modulator(Fields& fields)
{
    return std::make_unique<KeyingModulator>(fields);
}

} // namespace prunedamr::synth
