// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/proposal.h"

namespace prunedamr::detect {

/// Sorts the proposals by their starts and fills in what each is among the others: which stronger neighbor it may
/// be a side lobe, a splatter or an image of, which box around it or boxes inside it tell the same story, and how
/// often it was seen.
void describe_context(Proposal* proposals, int count) noexcept;

inline constexpr double kTwin = 0.5; ///< intersection over union from which two boxes are the same

/// Part of the smaller of the two boxes that they have in common, in time and frequency.
double common_part(const Proposal& a, const Proposal& b) noexcept;

} // namespace prunedamr::detect
