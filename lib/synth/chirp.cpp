// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/chirp.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {

Samples modulate_chirp(const std::vector<std::uint16_t>& symbols, const ChirpConfig& config, int count)
{
    const double chips = std::exp2(config.spreading_factor);
    const double length = chips / config.bandwidth;
    Samples out(static_cast<std::size_t>(count));
    double cycles = 0.0;
    for (int n = 0; n < count; ++n) {
        const double t = (n - config.first_symbol) / length;
        const auto index = static_cast<std::ptrdiff_t>(std::floor(t));
        const bool shifted = index >= config.preamble && index < static_cast<std::ptrdiff_t>(symbols.size());
        const double start = shifted ? symbols[static_cast<std::size_t>(index)] / chips : 0.0;
        double sweep = t - std::floor(t) + start; // share of the bandwidth, from its lower edge
        sweep -= std::floor(sweep);
        const double frequency = config.bandwidth * (config.downwards ? 0.5 - sweep : sweep - 0.5);
        out[n] = std::polar(1.0f, static_cast<float>(2.0 * M_PI * cycles));
        cycles += frequency;
        cycles -= std::floor(cycles);
    }
    return out;
}

} // namespace prunedamr::synth
