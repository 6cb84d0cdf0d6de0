// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <cstdint>
#include <vector>

namespace prunedamr::synth {

/// Chirp spread spectrum: each symbol is a sweep over the whole bandwidth in 2^spreading_factor / bandwidth
/// samples, cyclically shifted by symbol / 2^spreading_factor of it; constant envelope 1, continuous phase.
struct ChirpConfig {
    double bandwidth = 0.5;    ///< cycles per sample, 0..1
    int spreading_factor = 7;  ///< bits per symbol, 5..12
    bool downwards = false;    ///< sweeps from high to low
    int preamble = 0;          ///< symbols at the start that are not shifted
    double first_symbol = 0.0; ///< sample at which symbol 0 begins
};

/// `symbols`: 0 .. 2^spreading_factor - 1 each.
Samples modulate_chirp(const std::vector<std::uint16_t>& symbols, const ChirpConfig& config, int count);

} // namespace prunedamr::synth
