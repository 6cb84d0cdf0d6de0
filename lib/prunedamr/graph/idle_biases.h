// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <set>
#include <string>

namespace prunedamr::graph {

/// Tensors of biases that a norm right behind subtracts again: whatever their values, a network in training gives
/// the same. Their gradient is zero but for rounding, which an optimiser that scales gradients (Adam) would turn
/// into whole steps, and running means would lag behind.
std::set<std::string> idle_biases(const Network& network);

} // namespace prunedamr::graph
