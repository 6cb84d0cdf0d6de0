// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <set>
#include <string>

namespace prunedamr::graph {

/// Takes nodes out with their tensors and unit entries; who read `output`, one of them, reads `input` instead.
/// A unit left without nodes goes too.
void bypass_nodes(Network& network, const std::set<std::string>& nodes, const std::string& output,
                  const std::string& input);

/// Drops golden vector, accuracy and quantised values: what was computed or measured with the old weights is no longer
/// true.
void forget_results(Network& network);

} // namespace prunedamr::graph
