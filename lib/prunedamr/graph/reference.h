// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <map>
#include <string>
#include <vector>

namespace prunedamr::graph {

/// The definition of what a network computes: plain loops, double accumulation, no library.
/// Slow on purpose; engines and rewriting are tested against it.
/// Values in 8 bits as quantize.h says.
/// `frames` [batch, 2, length] -> logits [batch, classes]. In inference mode (dropout is identity).
std::vector<float> run_reference(const Network& network, const std::vector<float>& frames);

/// The output of every node for one frame [2, length].
std::map<std::string, std::vector<float>> run_reference_nodes(const Network& network,
                                                              const std::vector<float>& frame);

/// Largest |a - b| relative to the range (max - min) of `expected`; infinity when any value is not finite.
/// The one comparison that every engine, export and load check uses.
double relative_error(const std::vector<float>& expected, const std::vector<float>& got);

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

/// What a trained `complex_norm` does to one pair of channels: (I, Q) -> (ii I + iq Q + offset_i,
/// qi I + qq Q + offset_q).
struct PairMap {
    double ii, iq, qi, qq, offset_i, offset_q;
};

/// The maps of a `complex_norm` node, one per pair. With covariance V (plus `epsilon` on its diagonal),
/// s = sqrt(det V) and t = sqrt(tr V + 2 s), the inverse square root of V is (V_QQ + s, V_II + s, -V_IQ) / (s t).
std::vector<PairMap> complex_norm_maps(const Network& network, const Node& node);

} // namespace prunedamr::graph
