// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/published/mat_file.h"

#include <optional>

namespace prunedamr::data {

/// Which axis of a MATLAB array is what.
struct MatLayout {
    std::size_t frame_axis = 0;
    std::size_t sample_axis = 0;
    std::optional<std::size_t> channel_axis; ///< I and Q; none when the array is complex
    std::size_t frames = 0;
    std::size_t length = 0; ///< samples of a frame

    /// Frames [n, 2, length] of a slab with `extents`.
    void frames_of(const MatSlab& slab, const std::vector<std::size_t>& extents, float* out) const;
};

/// The first of [N,2,L], [N,L,2], [2,L,N], [L,2,N] (real), [N,L], [L,N] (complex) that the array can be with
/// N = `frames` and L = 16..65536; axes of extent 1 are passed over.
std::optional<MatLayout> find_layout(const MatVariable& variable, std::size_t frames);

} // namespace prunedamr::data
