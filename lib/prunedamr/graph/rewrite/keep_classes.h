// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <vector>

namespace prunedamr::graph {

/// `keep_classes` (rewrite.h) in place; `network` must be valid.
void shrink_classifier(Network& network, const std::vector<int>& classes);

} // namespace prunedamr::graph
