// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace prunedamr::graph {

/// Takes nodes out with their tensors and unit entries; who read `output`, one of them, reads `input` instead.
/// A unit left without nodes goes too.
void bypass_nodes(Network& network, const std::set<std::string>& nodes, const std::string& output,
                  const std::string& input);

/// Tensors of biases that a norm right behind subtracts again: whatever their values, a network in training gives
/// the same. Their gradient is zero but for rounding, which an optimizer that scales gradients (Adam) would turn
/// into whole steps, and running means would lag behind.
std::set<std::string> redundant_biases(const Network& network);

/// `keep_classes` (rewrite.h) in place; `network` must be valid.
void shrink_classifier(Network& network, const std::vector<int>& classes);

/// Thins several nodes at once; tied nodes that are both named must agree. `network` must be valid.
void keep_channels(Network& network, const std::map<std::string, std::vector<int>>& keep);

} // namespace prunedamr::graph
