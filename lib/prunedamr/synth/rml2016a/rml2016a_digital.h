// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::synth {

using Bits = std::vector<std::uint8_t>; ///< 0 or 1 each

/// The eight digital transmitters of RML2016.10a, 8 samples per symbol.

inline constexpr int kRml2016aSamplesPerSymbol = 8;

/// The points of BPSK, QPSK, 8PSK, PAM4, QAM16 or QAM64 by the bits that they carry, first bit highest: neighbors
/// differ in one bit. PSK of power 1; PAM4 and QAM on the integer grid, *not* normalized: +-1, +-3 .. on each axis,
/// mean power 5, 10 and 42. Programmer's error for another name.
const Samples& rml2016a_constellation(const std::string& name);

/// Points through a root raised cosine of roll-off 0.35 and 88 symbols, unit gain at frequency zero: mean power is
/// that of the points. The filter starts empty, so symbol k stands at sample 8 k + 352. Bits that do not fill a
/// symbol are dropped; 8 samples per symbol come out.
Samples rml2016a_linear(const std::string& name, const Bits& bits);

/// Gaussian filter of BT 0.35 over 4 symbols, at most 0.1 rad per sample (index about 0.25); amplitude 0.999.
Samples rml2016a_gfsk(const Bits& bits);

/// Rectangular pulse, index 0.5: pi/16 rad per sample up or down. Amplitude 1.
Samples rml2016a_cpfsk(const Bits& bits);

} // namespace prunedamr::synth
