// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/host_speed.h"
#include "prunedamr/graph/network.h"

namespace prunedamr::tool {

/// Prints a line per step of the compiled network: time, fraction of all, multiply-accumulates, fraction of the core's
/// peak.
void print_profile(const model::Model& model, bool float32, int batch, int repetitions,
                   const engine::Peak& peak);

} // namespace prunedamr::tool
