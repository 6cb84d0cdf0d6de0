// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/compiled_graph.h"
#include "prunedamr/engine/kernels/kernels.h"
#include "prunedamr/engine/native/arena.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace prunedamr::engine {

/// A float32 conv in the order in which `Float32Kernels` read it.
struct PackedFloat32Conv {
    std::vector<float> weights;
    std::vector<float> bias;
};

/// For `Float32Kernels::conv`: [group][block][kernel_h][kernel_w][in/groups][block's channels], blocks of
/// `max_vectors` vectors (the last may have fewer) of output channels, missing channels zero; bias [group][vectors
/// of channels].
PackedFloat32Conv pack_float32(const Step& step, std::int64_t in_channels, std::int64_t out_channels,
                               const Float32Kernels& kernels);

/// For `Float32Kernels::depthwise_conv`: [kernel_h][kernel_w][channels].
PackedFloat32Conv pack_depthwise_float32(const Step& step, std::int64_t channels);

/// An int8 conv in the order in which `Int8Kernels` read it. "Padded" channels fill whole vectors, per group;
/// missing ones are zero.
struct PackedInt8Conv {
    std::vector<std::uint8_t> weights;
    std::vector<float> factors, bias; ///< [group][padded channels]
    /// [kernel_h][group][padded channels]: the input's zero point and the kernels' shift times the sum of that
    /// row's weights.
    std::vector<std::int32_t> corrections;
};

/// For `Int8Kernels::conv`: [group][block][kernel_h][taps][run / 4, rounded up] of quads of inputs; a run is the
/// taps of a kernel row and their inputs if there is one group, else a tap's inputs. A quad holds, for each vector
/// of the block, [channel][4 inputs] of 8 bits (`WeightOrder::quads`); a pair, in its place, [channel][2 inputs] of
/// 16 bits (`WeightOrder::pairs`). `in` are the parameters of the input.
PackedInt8Conv pack_int8(const Step& step, std::int64_t in_channels, const graph::QuantParams& in,
                         const Int8Kernels& kernels);

/// For `Int8Kernels::depthwise_conv`: weights [kernel_h][kernel_w / n, rounded up][padded channels][n taps]; n is 4
/// taps of 8 bits (`WeightOrder::quads`), 2 of 16 bits (`pairs`, `split_pairs`) or 1 of 8 bits (`singles`).
PackedInt8Conv pack_depthwise_int8(const Step& step, const graph::QuantParams& in, const Int8Kernels& kernels);

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
    int wide_count = 0; ///< `ConvTask::wide_count`
    int chunk = 1; ///< frames carried through the network together
    std::int64_t frame_floats = 0;
    std::int64_t classes = 0;
};

/// One channel in, one out per group.
bool is_depthwise(const CompiledGraph& graph, const Step& step);

/// Throws `Error` for an unknown PRUNEDAMR_ISA.
std::shared_ptr<const PackedGraph> pack_graph(const CompiledGraph& graph, int max_batch);

} // namespace prunedamr::engine
