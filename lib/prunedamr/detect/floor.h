// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/tile_field.h"

#include <vector>

namespace prunedamr::detect {

/// The noise floor of an epoch, a product of a density per bin and a gain per tile. Of each bin a low quantile over
/// time; where signals hold bins all the time, a low quantile over the band of what lies around, where more distant
/// bins count with a margin for the floor's slope. Steps of the gain, silence and broadband clicks go into the
/// gain. Nothing is kept from one epoch to the next, so whatever one epoch holds, the next is free of it.
class Floor
{
public:
    explicit Floor(const TileField& field);

    /// Turns the powers of the field's tiles into ratios to the floor, 1 where there is no measurement (tiles
    /// without any power). False when there are too few tiles for a floor.
    bool normalize(TileField& field) noexcept;

    /// Whether `lasting` tells of each bin; not where a field has more bins than are measured.
    bool has_lasting() const noexcept { return own_width_ == width_; }
    /// What bin b holds for most of the time, in units of the floor.
    float lasting(int b) const noexcept { return own_[b] / density_[b]; }

    /// [bins], of a tile with gain 1.
    const float* density() const noexcept { return density_.data(); }

private:
    void measure_gains(const TileField& field) noexcept;
    void measure_own(const TileField& field) noexcept;
    void measure_around() noexcept;
    void measure_density() noexcept;
    int bin_of_own(int i) const noexcept;

    int blocks_, width_, own_width_; ///< of the band; bins of one, and how many of them are measured
    std::vector<float> gains_, own_, density_, ranked_, block_, around_, factors_;
};

} // namespace prunedamr::detect
