// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <vector>

namespace prunedamr::graph {

/// One operand of an operation: a frame's activation [C, H, W], row-major.
struct Operand {
    Shape shape;
    const std::vector<float>* data;
};

/// The output of one node (any operation but `input`) of a valid network for one frame.
std::vector<float> run_node(const Network& network, const Node& node, const std::vector<Operand>& inputs,
                            const Shape& output);

} // namespace prunedamr::graph
