// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/engine.h"

namespace prunedamr::engine {

/// The frames per call, 1..`engine.max_batch()`, that give the most frames per second on this host among those
/// whose call takes at most `max_latency_us` (median of a few, on noise). Throws `Error` when a single frame takes
/// longer.
int best_batch(Engine& engine, double max_latency_us);

} // namespace prunedamr::engine
