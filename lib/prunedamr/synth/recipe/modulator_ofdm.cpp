// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/modulator.h"
#include "prunedamr/synth/signal/ofdm.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

const std::vector<std::string> kCarriers = { "BPSK", "QPSK", "16QAM", "64QAM", "256QAM" };

class OfdmModulator : public Modulator
{
public:
    explicit OfdmModulator(Fields& fields)
        : transform_size_(fields.distribution("transform_size", 16, 8192)),
          guard_(fields.distribution("guard", 0.0, 0.5)), occupied_(fields.distribution("occupied", 0.05, 1.0)),
          band_rate_(fields.probability("band_rate")), oversampling_(fields.distribution("oversampling", 1.0, 1e4)),
          carriers_(fields.choice("carriers", kCarriers)), preamble_(fields.probability("preamble")),
          pilots_(fields.probability("pilots")), pilot_spacing_(fields.distribution("pilot_spacing", 2, 64)),
          precoded_(fields.probability("precoded")), packets_(fields.probability("packets")),
          packet_symbols_(fields.distribution("packet_symbols", 1, 1e6)),
          gap_symbols_(fields.distribution("gap_symbols", 0.0, 1e4))
    {
    }

    Signal modulate(int count, const SignalLimits& limits, Rng& rng) const override
    {
        OfdmConfig config;
        config.transform_size = static_cast<int>(std::lround(transform_size_.draw(rng)));
        config.guard = static_cast<int>(std::lround(guard_.draw(rng) * config.transform_size));
        config.occupied = occupied_.draw(rng);
        const double least = std::max(1.0, config.occupied / limits.widest);
        const double most = limits.narrowest > 0.0 ? std::max(least, config.occupied / limits.narrowest) : 1e4;
        const bool at_own_rate = rng.chance(band_rate_) && limits.widest >= SignalLimits{}.widest;
        config.oversampling = at_own_rate ? 1.0 : oversampling_.draw_within(least, most, rng);
        config.carrier_modulation = kCarriers[static_cast<std::size_t>(carriers_.draw(rng))];
        config.preamble = rng.chance(preamble_);
        config.pilot_spacing = rng.chance(pilots_) ? static_cast<int>(std::lround(pilot_spacing_.draw(rng))) : 0;
        config.precoded = rng.chance(precoded_);
        if (rng.chance(packets_)) {
            config.packet_symbols = static_cast<int>(std::lround(packet_symbols_.draw(rng)));
            config.gap_symbols = gap_symbols_.draw(rng);
        }
        return { modulate_ofdm(config, count, false, rng), config.occupied / config.oversampling };
    }

private:
    Distribution transform_size_;
    Distribution guard_;
    Distribution occupied_;
    double band_rate_;
    Distribution oversampling_;
    Choice carriers_;
    double preamble_;
    double pilots_;
    Distribution pilot_spacing_;
    double precoded_;
    double packets_;
    Distribution packet_symbols_;
    Distribution gap_symbols_;
};

} // namespace

std::unique_ptr<Modulator> make_ofdm_modulator(Fields& fields)
{
    return std::make_unique<OfdmModulator>(fields);
}

} // namespace prunedamr::synth
