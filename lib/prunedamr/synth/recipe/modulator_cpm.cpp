// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/cpm.h"
#include "prunedamr/synth/signal/symbols.h"

#include <cmath>

namespace prunedamr::synth {
namespace {

int read_order(Fields& fields)
{
    const double tones = fields.number("tones", 2, 16);
    if (std::exp2(std::round(std::log2(tones))) != tones)
        throw Error({ "bad 'tones'", fields.where(), std::to_string(tones), "2, 4, 8 or 16" });
    return static_cast<int>(tones);
}

class CpmModulator : public Modulator
{
public:
    explicit CpmModulator(Fields& fields)
        : order_(read_order(fields)), source_(fields, order_),
          samples_per_symbol_(fields.distribution("samples_per_symbol", 1.0, 1e6)),
          index_(fields.distribution("index", 0.01, 100.0)), gaussian_(fields.probability("gaussian")),
          bt_(fields.distribution("gaussian_bt", 0.1, 10.0))
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

std::unique_ptr<Modulator> make_cpm_modulator(Fields& fields)
{
    return std::make_unique<CpmModulator>(fields);
}

} // namespace prunedamr::synth
