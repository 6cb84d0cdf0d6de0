// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

namespace prunedamr::prune {

/// Median time of one frame at batch 1 in the native engine, on the calling core, in microseconds: at least 50 runs
/// and a tenth of a second, after a warm-up, the least of three medians. Throws `Error` when the engine cannot run
/// the network.
double engine_latency_us(const graph::Network& network);

} // namespace prunedamr::prune
