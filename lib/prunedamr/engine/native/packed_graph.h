// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/compiled_graph.h"
#include "prunedamr/engine/kernels/isa.h"
#include "prunedamr/engine/native/arena.h"

#include <memory>
#include <vector>

namespace prunedamr::engine {

/// Where a conv's constants lie, bytes into `PackedGraph::constant_memory`.
struct StepConstants {
    std::size_t weights = 0, bias = 0, factors = 0, corrections = 0;
};

/// A compiled graph with memory and weights laid out for the native kernels. Engines cloned from one another share
/// it; it never changes.
struct PackedGraph {
    CompiledGraph graph;
    const KernelSet* kernels = nullptr;
    std::vector<int> borders;             ///< of each value, positions
    std::vector<std::size_t> offsets;     ///< of each value, bytes into the arena of one chunk
    std::vector<StepConstants> constants; ///< of each step
    std::vector<std::int64_t> macs;       ///< of each step, one frame
    std::unique_ptr<AlignedBytes> constant_memory;
    std::size_t arena_bytes = 0;
    int chunk = 1; ///< frames carried through the network together
    std::int64_t frame_floats = 0;
    std::int64_t classes = 0;
};

/// One channel in, one out per group.
bool is_depthwise(const CompiledGraph& graph, const Step& step);

/// Throws `Error` for an unknown PRUNEDAMR_ISA.
std::shared_ptr<const PackedGraph> pack_graph(const CompiledGraph& graph, int max_batch);

} // namespace prunedamr::engine
