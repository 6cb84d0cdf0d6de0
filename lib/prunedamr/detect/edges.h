// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/proposal.h"
#include "prunedamr/detect/tile_field.h"

namespace prunedamr::detect {

/// Moves start and end of a box to where a field that is finer in time shows them, by at most six of its tiles. Ratios
/// to the floor; a box that does not stand out of the noise there, or goes on beyond the field, keeps them.
/// Returns whether it stands out, so that a still finer field may show more.
bool sharpen(Proposal& box, const TileField& finer) noexcept;

} // namespace prunedamr::detect
