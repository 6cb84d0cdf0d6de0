// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace prunedamr::detect {

/// Complete binary trees whose leaves add up to log-odds (Friedman, 2001): node n has the children 2n + 1 (feature <=
/// limit) and 2n + 2.
struct BoostedTrees {
    int depth = 0;
    float base = 0.0f;
    std::vector<std::uint8_t> features; ///< [trees][2^depth - 1]
    std::vector<float> limits;          ///< [trees][2^depth - 1]
    std::vector<float> values;          ///< [trees][2^depth]

    float score(const float* row) const noexcept
    {
        constexpr std::size_t kSide = 8; // trees walked side by side: each step waits for memory
        const std::size_t leaves = std::size_t{ 1 } << depth, inner = leaves - 1, trees = values.size() / leaves;
        float sum = base;
        for (std::size_t first = 0; first < trees; first += kSide) {
            std::size_t at[kSide] = {};
            for (int level = 0; level < depth; ++level)
                for (std::size_t k = 0; k < kSide; ++k) { // the last tree again where there is no other
                    const std::size_t node = std::min(first + k, trees - 1) * inner + at[k];
                    at[k] = 2 * at[k] + (row[features[node]] <= limits[node] ? 1 : 2);
                }
            for (std::size_t k = 0; k < kSide && first + k < trees; ++k)
                sum += values[(first + k) * leaves + at[k] - inner];
        }
        return sum;
    }
};

} // namespace prunedamr::detect
