// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <map>
#include <string>
#include <vector>

namespace prunedamr::graph {

/// Thins several nodes at once; tied nodes that are both named must agree. `network` must be valid.
void prune_channels(Network& network, const std::map<std::string, std::vector<int>>& keep);

} // namespace prunedamr::graph
