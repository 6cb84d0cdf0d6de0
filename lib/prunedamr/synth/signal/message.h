// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"

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

} // namespace prunedamr::synth
