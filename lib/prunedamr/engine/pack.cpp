// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/pack.h"

#include <algorithm>

namespace prunedamr::engine {

PackedConv pack_conv(const Step& step, std::int64_t in_channels, std::int64_t out_channels, const Kernels& kernels)
{
    const std::int64_t taps = std::int64_t{ step.window.kernel_h } * step.window.kernel_w;
    const std::int64_t inputs = in_channels / step.groups;
    const std::int64_t outputs = out_channels / step.groups;
    const std::int64_t padded = (outputs + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
    const std::int64_t block = std::int64_t{ kernels.lanes } * kernels.max_vectors;

    PackedConv packed;
    packed.weights.reserve(static_cast<std::size_t>(step.groups * padded * taps * inputs));
    for (std::int64_t group = 0; group < step.groups; ++group) {
        for (std::int64_t first = 0; first < padded; first += block)
            for (std::int64_t tap = 0; tap < taps; ++tap)
                for (std::int64_t in = 0; in < inputs; ++in)
                    for (std::int64_t out = first; out < std::min(first + block, padded); ++out)
                        packed.weights.push_back(
                            out < outputs ? step.weight[((group * outputs + out) * inputs + in) * taps + tap]
                                          : 0.0f);
        for (std::int64_t out = 0; out < padded; ++out)
            packed.bias.push_back(out < outputs ? step.bias[group * outputs + out] : 0.0f);
    }
    return packed;
}

PackedConv pack_depthwise(const Step& step, std::int64_t channels)
{
    const std::int64_t taps = std::int64_t{ step.window.kernel_h } * step.window.kernel_w;
    PackedConv packed{ {}, step.bias };
    for (std::int64_t tap = 0; tap < taps; ++tap)
        for (std::int64_t c = 0; c < channels; ++c)
            packed.weights.push_back(step.weight[c * taps + tap]);
    return packed;
}

} // namespace prunedamr::engine
