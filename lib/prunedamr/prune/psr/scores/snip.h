// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/psr/scores/scores.h"

namespace prunedamr::prune {

/// SNIP (Lee et al. 2019, arXiv 1810.02340, the connection sensitivity, summed over a network as in arXiv
/// 2101.08134): sum over the weights of convs and linears of |w * dL/dw|, with L the mean cross-entropy of one
/// batch. The largest is the best.
double snip_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune
