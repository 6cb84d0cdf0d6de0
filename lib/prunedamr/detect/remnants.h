// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/proposal.h"
#include "prunedamr/detect/tile_field.h"

#include <vector>

namespace prunedamr::detect {

/// How like two segments of a field are.
struct Likeness {
    float correlation = 0.0f; ///< -1..1
    float deviations = 0.0f;  ///< the same, in standard deviations of what has nothing to do with each other
};

/// Tells what an emission leaves elsewhere from other emissions.
///
/// Side lobes and images show the same as it does. The spectrum of a linear modulation of symbol rate R is one of period R,
/// that of its symbols, times that of its pulse. So a lobe rises and falls, cell by cell, with the main lobe a multiple of R
/// away, and what another transmitter sends on the next channel of a grid does not (spectral redundancy: Gardner, IEEE
/// Signal Processing Magazine, April 1991). The image that a receiver makes shows the same mirrored at zero frequency.
///
/// Bursts that come again in time have lines in their spectrum, which are narrow and seem to last: between the bursts,
/// nothing is there. Allocates at construction only.
class Remnants
{
public:
    Remnants();

    /// Takes out of chosen[count], numbers of proposals, those that others have left, and returns how many stay.
    /// `fields`: ratios to the floor, from the coarsest in frequency on, null where there is no floor.
    int drop(const Proposal* proposals, int* chosen, int count, const std::vector<const TileField*>& fields) noexcept;

    /// Of `box` and of the part of `stronger` that is most like it (of its lowest 512 bins), away from the box itself: of
    /// the logarithms of their power, less the mean of each bin and of each tile. Zero: too few cells to tell.
    Likeness shifted(const TileField& field, const Proposal& box, const Proposal& stronger) noexcept;

    /// The same of `box` and its mirror image, where that lies in `stronger`.
    Likeness mirrored(const TileField& field, const Proposal& box, const Proposal& stronger) noexcept;

private:
    static constexpr int kMaxTiles = 128, kMaxOwn = 48, kMaxBand = 512, kMaxCells = 1024, kMaxLine = 4096;

    struct Bins {
        int low, high;
        int count() const noexcept { return high - low; }
    };
    bool is_line_of_bursts(const Proposal& p, const Proposal* proposals, const int* chosen, int count,
                           const std::vector<const TileField*>& fields) noexcept;
    bool is_copy(const Proposal& p, const Proposal& q, const std::vector<const TileField*>& fields) noexcept;
    bool see(const TileField& field, const Proposal& box, const Proposal& stronger, Bins own, Bins band) noexcept;
    Likeness best(bool mirrored, int self) const noexcept;

    int tiles_ = 0, own_low_ = 0, own_bins_ = 0, band_bins_ = 0;
    std::vector<float> own_, band_;      ///< [tiles, bins]
    std::vector<double> sums_, squares_; ///< [tiles, bins + 1] of `band_`, of the bins before
    std::vector<char> is_dropped_, is_covered_; ///< [chosen]; [tiles] of a line, in which a burst is on
};

} // namespace prunedamr::detect
