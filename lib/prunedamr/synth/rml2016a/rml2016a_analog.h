// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <vector>

namespace prunedamr::synth {

/// The analogue transmitters of RML2016.10a; audio at 44.1 kHz in, |m| <= 0.5.

/// As the original: audio to 220.5 kS/s (low-pass 17 kHz), 75 us pre-emphasis that ends at 102 kHz, 75 kHz
/// deviation for m = 1. 5 samples per sample of audio.
Samples rml2016a_wbfm(const std::vector<float>& audio);

/// As the original: 1 + m(t), audio interpolated by 200 / 44.1.
Samples rml2016a_am_dsb(const std::vector<float>& audio);

/// What the original's AM-SSB fails to be: the upper sideband of m(t) alone, mean power 1; 200 / 44.1 as above.
Samples rml2016a_ssb(const std::vector<float>& audio);

} // namespace prunedamr::synth
