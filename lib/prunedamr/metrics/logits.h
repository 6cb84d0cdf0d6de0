// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace prunedamr::metrics {

/// Logits of frames, one row per frame.
struct Logits {
    std::size_t classes = 0;
    std::vector<float> values; ///< [count, classes]

    std::size_t count() const { return classes > 0 ? values.size() / classes : 0; }
    const float* row(std::size_t frame) const { return values.data() + frame * classes; }
};

/// The class of the largest logit of each frame, the first of equal ones.
std::vector<std::int32_t> decisions(const Logits& logits);

} // namespace prunedamr::metrics
