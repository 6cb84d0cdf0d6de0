// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/front_end_spec.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/train/attack.h"

namespace prunedamr::train {

/// Disturbs one frame [2, L] in place as `attack` (noise, offset or phase_noise) says:
///   noise        x + n, n white of the level below the frame's power; then the front end's scale
///   offset       x e^{+-j 2 pi f n}, the sign drawn
///   phase_noise  x e^{j phi}, phi a random walk from 0 whose variance, averaged over the frame, is the level in
///   rad^2
void impair(float* frame, const FrontEndSpec& front_end, const Attack& attack, Rng rng);

} // namespace prunedamr::train
