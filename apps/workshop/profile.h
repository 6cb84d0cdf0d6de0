// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/peak.h"
#include "prunedamr/graph/network.h"

namespace prunedamr::workshop {

/// Prints a line per step of the compiled network: time, share of all, multiply-accumulates, share of the core's
/// peak.
void print_profile(const graph::Network& network, bool float32, int batch, int repetitions,
                   const engine::Peak& peak);

} // namespace prunedamr::workshop
