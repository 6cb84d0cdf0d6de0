// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/graph/quantized_networks.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/graph/quantize.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/rewrite.h"
#include "tests/graph/networks.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::graph {

QuantParams form_of_range(float low, float high)
{
    low = std::min(low, 0.0F);
    high = std::max(high, 0.0F);
    const float scale = high > low ? (high - low) / 255.0F : 1.0F;
    return { scale, std::clamp(static_cast<int>(std::lround(-low / scale)), 0, 255) };
}

Network quantized(const Network& network, std::uint64_t seed, double share, int calibration_frames)
{
    Network result = fold_batch_norm(network);
    Rng rng(seed);
    std::map<std::string, std::pair<float, float>> ranges;
    const auto frames = noise_frames(network, calibration_frames, seed + 100);
    const auto size = static_cast<std::ptrdiff_t>(frames.size() / static_cast<std::size_t>(calibration_frames));
    for (auto first = frames.begin(); first != frames.end(); first += size)
        for (const auto& [name, values] : run_reference_nodes(result, { first, first + size })) {
            const auto [low, high] = std::minmax_element(values.begin(), values.end());
            auto& range = ranges[name];
            range = { std::min(range.first, *low), std::max(range.second, *high) };
        }
    for (const Node& node : result.nodes)
        if (&node != &result.nodes.front() && &node != &result.nodes.back() && !hands_on_values(node.op) &&
            rng.chance(share))
            result.quantized[node.name] = form_of_range(ranges[node.name].first, ranges[node.name].second);
    validate(result);
    return result;
}

} // namespace prunedamr::graph
