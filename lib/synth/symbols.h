// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::synth {

using Bits = std::vector<std::uint8_t>;

/// Random bits, now and then with a preamble or an idle byte in them.
Bits draw_bits(int count, Rng& rng);

/// Manchester code: 0 -> 01, 1 -> 10.
Bits manchester(const Bits& bits);

/// The points of BPSK, QPSK, 8PSK, 16QAM or 64QAM (OQPSK: those of QPSK), mean power 1.
const Samples& constellation(const std::string& name);

/// Random points; BPSK takes them from `draw_bits`, Manchester-coded at times.
Samples draw_symbols(const std::string& name, int count, Rng& rng);

} // namespace prunedamr::synth
