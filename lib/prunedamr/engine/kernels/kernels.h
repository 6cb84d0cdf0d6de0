// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::engine {

// Plain structs and declarations only: this header is compiled for several instruction sets, so nothing here may
// become code.

/// An activation of some frames, channels last. Element (frame, y, x, channel) stands at
/// frame * frame_step + y * row_step + x * position_step + channel; steps are in elements, 0 broadcasts.
/// `border` positions of zeros lie left and right of each row.
/// Either `data` (float32) or `bytes` (int8) is set; a byte q means scale * (q - zero_point).
struct View {
    float* data;
    std::uint8_t* bytes;
    float scale;
    int zero_point;
    std::ptrdiff_t frame_step, row_step, position_step;
    int frames, height, width, channels, border;
};

/// A conv in float32 or int8, and what is done with its sum. The constants are laid out as native/packed_graph.h says.
struct ConvTask {
    View in, out;
    View shortcut; ///< added to the sum when it is set
    graph::ConvGeometry geometry;
    int groups;
    const void* weights;
    const float* bias; ///< per group, zero-padded to whole vectors
    bool relu;
    const float* factors;            ///< int8: scale of each channel's sum, padded as `bias`
    const std::int32_t* corrections; ///< int8: [kernel_h][padded channels], see PackedInt8Conv
    std::uint16_t* wide; ///< int8: memory for inputs as 16 bits (`WeightOrder::pairs`), and how many, with
    int wide_count;      ///< a vector more behind: at least those of one position's window
};

struct PoolTask {
    View in, out;
    graph::ConvGeometry geometry;
};

/// The sum of `count` inputs, the first of them multiplied by `gate` if that is set, clipped below zero if `relu`.
/// With one input this is a conversion from one dtype to another. Inputs and gate may be broadcast.
struct SumTask {
    const View* inputs;
    int count;
    View gate;
    View out;
    bool relu;
};

/// The float32 kernels of one instruction set. They do not allocate, lock or throw.
struct Float32Kernels {
    const char* name;
    int lanes;       ///< floats in a vector
    int max_vectors; ///< vectors of output channels that one tile holds

    void (*conv)(const ConvTask&);
    void (*depthwise_conv)(const ConvTask&); ///< one channel in, one out per group
    void (*max_pool)(const PoolTask&);
    void (*avg_pool)(const PoolTask&);
    void (*global_avg_pool)(const View& in, const View& out);
    void (*sum)(const SumTask&);
    void (*sigmoid)(const View& in, const View& out);
    double (*peak)(long rounds); ///< multiply-accumulates on registers; returns how many it did
};

/// The layout of int8 weights: one instruction sums the products of 4 inputs (`quads`) or of 2 (`pairs`, of 16
/// bits: products of bytes would saturate), or products are added one by one (`singles`). `split_pairs` are pairs
/// whose channels go by fours, in each 16 the first, third, second and fourth: as unpacking within halves of a
/// register leaves them.
enum class WeightOrder { quads, pairs, split_pairs, singles };

/// The int8 kernels of one instruction set. Convs read int8; every other kernel reads and writes int8 or float32.
/// Integer sums are exact, and each float32 operation behind them is rounded for itself, in one order: every
/// instruction set gives the same bits, those of `graph::run_reference`. Kernels read up to 63 bytes behind the end
/// of an activation.
struct Int8Kernels {
    int lanes;
    int max_vectors;
    WeightOrder order;
    int shift;               ///< subtracted from inputs before they are multiplied
    int depth_lanes;         ///< channels that `depthwise_conv` computes at once
    WeightOrder depth_order; ///< of `depthwise_conv`; only `singles` are shifted

    void (*conv)(const ConvTask&);
    void (*depthwise_conv)(const ConvTask&);
    void (*max_pool)(const PoolTask&);
    void (*avg_pool)(const PoolTask&);
    void (*global_avg_pool)(const View& in, const View& out);
    void (*sum)(const SumTask&);
    double (*peak)(long rounds);
};

/// All kernels of one value of PRUNEDAMR_ISA.
struct KernelSet {
    const char* name;
    const Float32Kernels* float32;
    const Int8Kernels* int8;
};

extern const Float32Kernels kPortableFloat32;
extern const Float32Kernels kAvx2Float32;
extern const Float32Kernels kAvx512Float32;
extern const Float32Kernels kNeonFloat32;
extern const Int8Kernels kPortableInt8;
extern const Int8Kernels kAvx2Int8;
extern const Int8Kernels kAvxVnniInt8;
extern const Int8Kernels kAvx512Int8;
extern const Int8Kernels kAvx512VnniInt8;
extern const Int8Kernels kNeonInt8;
extern const Int8Kernels kNeonDotprodInt8;
extern const Int8Kernels kNeonI8mmInt8;

/// The values of PRUNEDAMR_ISA on this architecture, lowest first.
std::vector<std::string> instruction_sets();

/// The best kernels that this processor can run, no better than the environment variable PRUNEDAMR_ISA allows.
/// Throws `Error` if that is not one of `instruction_sets`.
const KernelSet& choose_kernels();

} // namespace prunedamr::engine
