// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace prunedamr::engine {

// Plain structs only: this header is compiled for several instruction sets, so nothing here may become code.

/// An activation of some frames, channels last. Element (frame, y, x, channel) is at
/// `data[frame * frame_step + y * row_step + x * position_step + channel]`; steps in floats, 0 to broadcast.
/// Left and right of each row lie `border` positions of zeros.
struct View {
    float* data;
    std::ptrdiff_t frame_step, row_step, position_step;
    int frames, height, width, channels, border;
};

/// Geometry of conv and pools, and what conv does with the sum.
struct Sweep {
    int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
};

/// Weights as `pack_weights` lays them out for the kernels that read them.
struct ConvTask {
    View in, out;
    View shortcut; ///< added to the sum when `shortcut.data` is set
    Sweep sweep;
    int groups;
    const float* weights;
    const float* bias; ///< per group, zero-padded to whole vectors
    bool relu;
};

struct PoolTask {
    View in, out;
    Sweep sweep;
};

/// The arithmetic for one instruction set. Nothing allocates, locks or throws.
struct Kernels {
    const char* name;
    int lanes;       ///< floats in a vector
    int max_vectors; ///< vectors of output channels that one tile holds

    void (*conv)(const ConvTask&);
    void (*depthwise_conv)(const ConvTask&); ///< one channel in, one out per group
    void (*max_pool)(const PoolTask&);
    void (*avg_pool)(const PoolTask&);
    void (*global_avg_pool)(const View& in, const View& out);
    void (*add)(const View& a, const View& b, const View& out); ///< `out` may be `a`
    void (*mul)(const View& a, const View& b, const View& out);
    void (*relu)(const View& in, const View& out); ///< `out` may be `in`
};

extern const Kernels kPortableKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;

} // namespace prunedamr::engine
