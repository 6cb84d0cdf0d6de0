// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/compiled_graph.h"
#include "prunedamr/engine/native/arena.h"
#include "prunedamr/engine/onednn/recorder.h"

#include <memory>
#include <vector>

namespace prunedamr::engine::onednn {

/// A graph as oneDNN primitives for one batch size, independent of any arena.
struct PrimitiveSequence {
    int batch = 1;
    std::vector<Call> calls;
    Placement placement; ///< of the buffers
    int input = 0;       ///< buffer of the frames, [batch, 2, 1, length]
    int output = 0;      ///< buffer of the logits, [batch, classes, 1, 1]
};

/// Reordered weights of each step, shared by the sequences of all batch sizes.
using WeightCache = std::vector<std::vector<memory>>;

/// Throws `Error` naming the node for an operation that is not supported.
PrimitiveSequence make_sequence(const CompiledGraph& graph, int batch, const dnnl::engine& engine,
                                WeightCache& weights);

} // namespace prunedamr::engine::onednn
