// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace prunedamr::engine {

// Plain structs only: this header is compiled for several instruction sets, so nothing here may become code.

/// An activation of some frames, channels last. Element (frame, y, x, channel) stands at
/// frame * frame_step + y * row_step + x * position_step + channel; steps in elements, 0 to broadcast.
/// Left and right of each row lie `border` positions of zeros.
/// One of `data` and `bytes` is set; a byte q means scale * (q - zero).
struct View {
    float* data;
    std::uint8_t* bytes;
    float scale;
    int zero;
    std::ptrdiff_t frame_step, row_step, position_step;
    int frames, height, width, channels, border;
};

/// Geometry of conv and pools.
struct Sweep {
    int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
};

/// A conv of floats or of bytes, and what it does with the sum. Constants lie as pack.h and pack_bytes.h say.
struct ConvTask {
    View in, out;
    View shortcut; ///< added to the sum when its `data` or `bytes` is set
    Sweep sweep;
    int groups;
    const void* weights;
    const float* bias; ///< per group, zero-padded to whole vectors
    bool relu;
    const float* factors;            ///< bytes: what a unit of each channel's sum is worth, padded as `bias`
    const std::int32_t* corrections; ///< bytes: [kernel_h][padded channels], see PackedBytes
};

struct PoolTask {
    View in, out;
    Sweep sweep;
};

/// The sum of `count` inputs, the first of them times `gate` if that is set, clipped below zero if `relu`. Of one
/// input alone: a copy, in another form. Inputs and gate may be broadcast.
struct SumTask {
    const View* inputs;
    int count;
    View gate;
    View out;
    bool relu;
};

/// The float32 arithmetic for one instruction set. Nothing allocates, locks or throws.
struct Kernels {
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

/// How whole weights lie in memory: products of 4 inputs are summed by one instruction, or of 2, or they are added
/// one by one.
enum class WeightOrder { quads, pairs, singles };

/// The same for values in 8 bits. Convs read bytes; everything else reads and writes bytes or floats.
/// Whole sums are exact and each float32 operation behind them is rounded for itself, in one order: every
/// instruction set gives the same bits, those of `graph::run_reference`. Reads up to 63 bytes behind the end of an
/// activation.
struct ByteKernels {
    int lanes;
    int max_vectors;
    WeightOrder order;
    int shift;               ///< what is taken from inputs before they are multiplied
    int depth_lanes;         ///< channels that `depthwise_conv` does at once
    WeightOrder depth_order; ///< of `depthwise_conv`; only `singles` are shifted

    void (*conv)(const ConvTask&);
    void (*depthwise_conv)(const ConvTask&);
    void (*max_pool)(const PoolTask&);
    void (*avg_pool)(const PoolTask&);
    void (*global_avg_pool)(const View& in, const View& out);
    void (*sum)(const SumTask&);
    double (*peak)(long rounds);
};

/// All kernels of one level of PRUNEDAMR_ISA.
struct KernelSet {
    const char* name;
    const Kernels* floats;
    const ByteKernels* bytes;
};

extern const Kernels kPortableKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kNeonKernels;
extern const ByteKernels kPortableByteKernels;
extern const ByteKernels kAvx2ByteKernels;
extern const ByteKernels kAvx512ByteKernels;
extern const ByteKernels kVnniByteKernels;
extern const ByteKernels kNeonByteKernels;
extern const ByteKernels kDotprodByteKernels;

} // namespace prunedamr::engine
