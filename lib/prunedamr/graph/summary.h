// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

namespace prunedamr::graph {

/// The parts that pruning may take out, in order of depth, for reports:
/// {"units": [name, ...], "layers": [{"node", "channels"}, ...] (conv and linear, output channels)}
nlohmann::json outline(const Network& network);

} // namespace prunedamr::graph
