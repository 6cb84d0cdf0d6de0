// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal/symbols.h"

#include <string>

namespace prunedamr::synth {

struct OfdmConfig {
    int transform_size = 64;                 ///< carriers of the transform, used or not
    int guard = 16;                          ///< cyclic prefix in samples of the transform
    double occupied = 0.8;                   ///< fraction of the carriers in use, the one at zero never
    double oversampling = 1.0;               ///< output samples per sample of the transform, >= 1, fractional
    std::string carrier_modulation = "QPSK"; ///< of `constellation`
    int pilot_spacing = 0;                   ///< every so many carriers one with a fixed BPSK value; 0: none
    bool precoded = false;                   ///< data spread by a transform over the used carriers (SC-FDMA)
    int packet_symbols = 0;                  ///< packets of so many symbols, each behind a preamble; 0: no end
    double gap_symbols = 0.0;                ///< silence between packets, fractional
    bool preamble = false;                   ///< now and then two equal symbols that use every fourth carrier only
};

/// Orthogonal frequency division multiplex of random symbols, mean power 1; begins at a random place in a symbol
/// unless `aligned`.
Samples modulate_ofdm(const OfdmConfig& config, int count, bool aligned, Rng& rng);

} // namespace prunedamr::synth
