// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/psr/scores/scores.h"

namespace prunedamr::prune {

/// NASWOT (Mellor et al. 2021, arXiv 2006.04647): each frame has a binary code, which ReLUs let it through;
/// K[i, j] = number of ReLUs - Hamming distance of codes i and j; the score is log |det K|. Labels are not read.
/// The largest is the best; minus infinity (but for rounding) where two frames have the same code.
double naswot_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune
