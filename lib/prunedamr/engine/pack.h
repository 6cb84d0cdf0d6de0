// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/kernels.h"
#include "prunedamr/engine/plan.h"

#include <vector>

namespace prunedamr::engine {

/// A conv's tensors in the order in which the kernels read them.
struct PackedConv {
    std::vector<float> weights;
    std::vector<float> bias;
};

/// For `Kernels::conv`: [group][block][kernel_h][kernel_w][in/groups][block's channels], blocks of `max_vectors`
/// vectors (the last may have fewer) of output channels, missing channels zero; bias [group][vectors of channels].
PackedConv pack_conv(const Step& step, std::int64_t in_channels, std::int64_t out_channels, const Kernels& kernels);

/// For `Kernels::depthwise_conv`: [kernel_h][kernel_w][channels].
PackedConv pack_depthwise(const Step& step, std::int64_t channels);

} // namespace prunedamr::engine
