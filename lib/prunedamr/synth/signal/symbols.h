// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/recipe/distribution.h"

#include <complex>
#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::synth {

using Samples = std::vector<std::complex<float>>;

/// A clean signal around frequency zero.
struct Signal {
    Samples samples;        ///< mean power 1 while it is on
    double bandwidth = 0.0; ///< nominal occupied bandwidth, cycles per sample
};

/// Indices into an alphabet, 0 .. order - 1.
using Symbols = std::vector<std::uint8_t>;

/// What is sent: random symbols, now and then with a preamble or an idle pattern in them, Manchester-coded at
/// times.
class SymbolSource
{
public:
    /// Keys "idle", "idle_symbols", "manchester" (the last must be 0 unless `order` is 2).
    SymbolSource(JsonObject& fields, int order);

    Symbols draw(int count, Rng& rng) const;

private:
    int order_;
    double idle_;
    Distribution idle_symbols_;
    double manchester_;
};

/// Uniform symbols of an alphabet of `order` (a power of two, 2..256) entries.
Symbols draw_symbols(int order, int count, Rng& rng);

/// Manchester code of bits: 0 -> 01, 1 -> 10.
Symbols manchester(const Symbols& bits);

/// Points of a constellation by its name in the field (BPSK, 4ASK, 16QAM, 32APSK, ...), mean power 1; "unipolar
/// 4ASK" has its four levels on one side of zero. Throws `Error` with `where` for an unknown name.
const Samples& constellation(const std::string& name, const std::string& where);

} // namespace prunedamr::synth
