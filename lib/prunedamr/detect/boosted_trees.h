// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace prunedamr::detect {

/// Complete binary trees whose leaves add up to log-odds (Friedman, 2001): node n has the children 2n + 1 (feature <=
/// limit) and 2n + 2.
struct BoostedTrees {
    int depth = 0;
    float base = 0.0f;
    std::vector<std::int32_t> features; ///< [trees][2^depth - 1]
    std::vector<float> limits;          ///< [trees][2^depth - 1]
    std::vector<float> values;          ///< [trees][2^depth]

    float score(const float* row) const noexcept
    {
        const std::size_t leaves = std::size_t{ 1 } << depth, inner = leaves - 1;
        float sum = base;
        for (std::size_t t = 0; t * leaves < values.size(); ++t) {
            std::size_t n = 0;
            while (n < inner)
                n = 2 * n + (row[features[t * inner + n]] <= limits[t * inner + n] ? 1 : 2);
            sum += values[t * leaves + n - inner];
        }
        return sum;
    }
};

} // namespace prunedamr::detect
