// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal/symbols.h"

#include <vector>

namespace prunedamr::synth {

enum class Message {
    voice,     ///< harmonics of a wandering pitch under formants, with breath noise
    scrambled, ///< voice with its spectrum inverted, as simple voice scramblers do
    music,     ///< a few tones with overtones
    multiplex, ///< FM stereo: sum, pilot, difference on its subcarrier
    data,      ///< audio tones keyed by data (AFSK)
    quiet,     ///< nearly nothing: hum and hiss
};

/// `count` samples of a message whose highest frequency is `highest` cycles per sample; |m| <= 1.
std::vector<float> make_message(Message kind, double highest, int count, Rng& rng);

/// Double sideband with carrier: 1 + depth m(n), |m| <= 1, depth 0..1; real, not negative.
Samples modulate_am(const std::vector<float>& message, double depth);

/// One sideband of a message of `bandwidth` cycles per sample, carrier suppressed, its middle at frequency zero.
Samples modulate_ssb(const std::vector<float>& message, bool upper, double bandwidth);

/// Frequency modulation: m = 1 turns the phase by 2 pi `deviation` per sample. Constant envelope 1.
Samples modulate_fm(const std::vector<float>& message, double deviation);

/// First-order lift of high frequencies from `corner` (cycles per sample) on; the result is scaled to |m| <= 1.
void pre_emphasize(std::vector<float>& message, double corner);

} // namespace prunedamr::synth
