// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/reference_ops.h"

namespace prunedamr::graph {

/// The output of a conv or linear: with weights and input in 8 bits where the input is quantised.
std::vector<float> run_filter(const Network& network, const Node& node, const Operand& in, const Shape& out);

} // namespace prunedamr::graph
