// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/blobs.h"
#include "prunedamr/detect/floor.h"

#include <vector>

namespace prunedamr::detect {

/// Narrow columns of a field that are on for most of an epoch: a DC spike, spurs, lasting carriers and channels. A burst
/// that is wider than such a line and crosses it hangs together with it, and falls into what lies on either side of it;
/// with the line covered by what both of its sides have in common the burst is seen whole. Allocates at construction only.
class Lines
{
public:
    explicit Lines(const TileField& field);

    /// By what the floor has measured of each bin; what comes and goes, as a key does, is no line.
    void find(const TileField& field, const Floor& floor) noexcept;

    int count() const noexcept { return count_; }
    /// Whether the rectangle's band holds a line, with room on both sides.
    bool crossed_by(const Rect& rect) const noexcept;

    void cover(TileField& field) noexcept;
    void uncover(TileField& field) const noexcept; ///< the field as it was before

private:
    struct Line {
        int low, high; ///< bins low..high - 1
    };

    static constexpr int kMaxLines = 64;

    bool is_steady(const TileField& field, const Line& line) noexcept;

    int bins_, columns_; ///< columns that may be covered
    int count_ = 0;
    Line lines_[kMaxLines];
    std::vector<float> kept_, powers_, ranked_;
};

} // namespace prunedamr::detect
