// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal.h"

namespace prunedamr::synth {

/// On-off keying by one of the codes in use: plain bits, Manchester, pulse position, pulse width, pulse distance;
/// with silence between messages at times. `samples_per_chip` is the shortest pulse or gap, fractional, >= 1.
/// The result is real and not negative but for the ripple of the edges, mean power 1.
Samples modulate_ook(double samples_per_chip, int count, Rng& rng);

} // namespace prunedamr::synth
