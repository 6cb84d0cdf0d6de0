// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/chirp.h"

#include "prunedamr/base/vector_clones.h"
#include "prunedamr/synth/signal/phasor.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {

PRUNEDAMR_VECTOR_CLONES // for std::floor
    Samples
    modulate_chirp(const std::vector<std::uint16_t>& symbols, const ChirpConfig& config, int count)
{
    const double chips = std::exp2(config.spreading_factor);
    const double length = chips / config.bandwidth;
    std::vector<float> turns(static_cast<std::size_t>(count));
    double cycles = 0.0;
    for (int n = 0; n < count; ++n) {
        const double t = (n - config.first_symbol) / length;
        const auto index = static_cast<std::ptrdiff_t>(std::floor(t));
        const bool shifted = index >= config.preamble && index < static_cast<std::ptrdiff_t>(symbols.size());
        const double start = shifted ? symbols[static_cast<std::size_t>(index)] / chips : 0.0;
        double sweep = t - std::floor(t) + start; // share of the bandwidth, from its lower edge
        sweep -= std::floor(sweep);
        const double frequency = config.bandwidth * (config.downwards ? 0.5 - sweep : sweep - 0.5);
        turns[static_cast<std::size_t>(n)] = static_cast<float>(cycles);
        cycles += frequency;
        cycles -= std::floor(cycles);
    }
    Samples out(turns.size());
    write_phasors(turns.data(), turns.size(), out.data());
    return out;
}

} // namespace prunedamr::synth
