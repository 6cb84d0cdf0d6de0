// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/kernels.h"
#include "prunedamr/engine/plan.h"

#include <vector>

namespace prunedamr::engine {

/// A conv of whole weights in the order in which `ByteKernels` read it. "Padded" channels fill whole vectors, per
/// group; what is missing is zero.
struct PackedBytes {
    std::vector<std::uint8_t> weights;
    std::vector<float> factors, bias; ///< [group][padded channels]
    /// [kernel_h][group][padded channels]: what the input's zero point, and the kernels' shift, leave out of the
    /// sum over that row of the kernel.
    std::vector<std::int32_t> corrections;
};

/// For `ByteKernels::conv`: [group][block][kernel_h][taps][run / 4, rounded up] of quads of inputs; a run is the
/// taps of a kernel row and their inputs if there is one group, else a tap's inputs. A quad holds, for each vector
/// of the block, [channel][4 inputs] of 8 bits (`WeightOrder::quads`) or [inputs 0 and 2, 1 and 3][channel][2
/// inputs] of 16 bits. `in` is the form of the input.
PackedBytes pack_bytes(const Step& step, std::int64_t in_channels, const graph::QuantisedValue& in,
                       const ByteKernels& kernels);

/// For `ByteKernels::depthwise_conv`: weights [kernel_h][kernel_w / n, rounded up][padded channels][n taps]; n is 4
/// taps of 8 bits (`WeightOrder::quads`), 2 of 16 bits (`pairs`) or 1 of 8 bits (`singles`).
PackedBytes pack_depthwise_bytes(const Step& step, const graph::QuantisedValue& in, const ByteKernels& kernels);

} // namespace prunedamr::engine
