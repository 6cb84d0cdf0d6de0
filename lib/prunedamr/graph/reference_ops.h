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

/// The output of a conv or linear: with weights and input in 8 bits where the input is quantized.
std::vector<float> run_filter(const Network& network, const Node& node, const Operand& in, const Shape& out);

} // namespace prunedamr::graph
