// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/scene/scene.h"

namespace prunedamr::synth {

/// The receiver's own faults, each in some scenes.
void draw_receiver(Scene& scene, Rng& rng);

/// Noise so low that all signals together do not clip, also behind a step of the gain; and as many bits as leave the
/// converter's own noise 6 dB below.
void set_band_noise(Scene& scene);

} // namespace prunedamr::synth
