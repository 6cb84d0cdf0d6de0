// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

namespace prunedamr::graph {

/// The 8-bit form that covers [low, high] and 0.
QuantParams form_of_range(float low, float high);

/// Norms folded, and every node that computes something quantized with chance `share`, but for input and logits: by
/// its range over frames of noise.
Network quantized(const Network& network, std::uint64_t seed, double share = 1.0, int calibration_frames = 2);

} // namespace prunedamr::graph
