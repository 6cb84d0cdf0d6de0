// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/tile_field.h"

#include <vector>

namespace prunedamr::detect {

/// Tiles first..last - 1, bins low..high - 1 of a field.
struct Rect {
    int first = 0, last = 0, low = 0, high = 0;
};

/// Connected regions of a field of ratios to the floor: cells above a low threshold that hang together, at least
/// one of them above a high one. Cells are smoothed over three bins and, by 1-2-1, over three tiles. Allocates at
/// construction only; what does not fit into its tables is left out.
class Blobs
{
public:
    explicit Blobs(const TileField& field);

    void find(const TileField& field) noexcept;

    int count() const noexcept { return count_; }
    const Rect* rects() const noexcept { return rects_.data(); } ///< [count], their bounds

private:
    struct Run {
        int tile, low, high, parent;
        bool seed;
    };

    void smooth(const TileField& field, int tile) noexcept;
    void add_runs(int tile) noexcept;
    void link(int before, int from, int to) noexcept;
    int root(int run) noexcept;

    int bins_;
    float on_, off_;
    std::vector<float> row_, columns_;
    std::vector<Run> runs_;
    std::vector<Rect> rects_;
    int used_ = 0, count_ = 0;
};

} // namespace prunedamr::detect
