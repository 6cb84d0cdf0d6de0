// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/chirp.h"

#include <cmath>

namespace prunedamr::synth {
namespace {

class ChirpModulator : public Modulator
{
public:
    explicit ChirpModulator(Fields& fields)
        : bandwidth_(fields.distribution("bandwidth", 0.0, 1.0)),
          spreading_factor_(fields.distribution("spreading_factor", 5, 12)),
          preamble_(fields.distribution("preamble_symbols", 0, 64)), downwards_(fields.probability("downwards"))
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        ChirpConfig config;
        config.bandwidth = draw_bandwidth(bandwidth_, limits, rng);
        config.spreading_factor = static_cast<int>(std::lround(spreading_factor_.draw(rng)));
        config.preamble = static_cast<int>(std::lround(preamble_.draw(rng)));
        config.downwards = rng.chance(downwards_);
        const double chips = std::exp2(config.spreading_factor);
        config.first_symbol = -(1.0 + 2.0 * rng.uniform()) * chips / config.bandwidth;
        std::vector<std::uint16_t> symbols(static_cast<std::size_t>(count * config.bandwidth / chips) + 4);
        for (auto& symbol : symbols)
            symbol = static_cast<std::uint16_t>(rng.integer(0, static_cast<std::int64_t>(chips) - 1));
        return { modulate_chirp(symbols, config, count), config.bandwidth };
    }

private:
    Distribution bandwidth_;
    Distribution spreading_factor_;
    Distribution preamble_;
    double downwards_;
};

/// A bare carrier. It has no band of its own: its SNR counts in a nominal one.
class CarrierModulator : public Modulator
{
public:
    explicit CarrierModulator(Fields& fields) : bandwidth_(fields.distribution("bandwidth", 0.0, 1.0)) {}

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        return { Samples(static_cast<std::size_t>(count), 1.0f), draw_bandwidth(bandwidth_, limits, rng) };
    }

private:
    Distribution bandwidth_;
};

} // namespace

std::unique_ptr<Modulator> make_chirp_modulator(Fields& fields)
{
    return std::make_unique<ChirpModulator>(fields);
}

std::unique_ptr<Modulator> make_carrier_modulator(Fields& fields)
{
    return std::make_unique<CarrierModulator>(fields);
}

} // namespace prunedamr::synth
