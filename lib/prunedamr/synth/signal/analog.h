// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

namespace prunedamr::synth {

/// Double sideband with carrier: 1 + depth m(n), |m| <= 1, depth 0..1; real, not negative.
Samples modulate_am(const std::vector<float>& message, double depth);

/// One sideband of a message of `bandwidth` cycles per sample, carrier suppressed, its middle at frequency zero.
Samples modulate_ssb(const std::vector<float>& message, bool upper, double bandwidth);

/// Frequency modulation: m = 1 turns the phase by 2 pi `deviation` per sample. Constant envelope 1.
Samples modulate_fm(const std::vector<float>& message, double deviation);

/// First-order lift of high frequencies from `corner` (cycles per sample) on; the result is scaled to |m| <= 1.
void pre_emphasize(std::vector<float>& message, double corner);

} // namespace prunedamr::synth
