// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/psr/scores/scores.h"

namespace prunedamr::prune {

/// Fisher (Theis et al. 2018, arXiv 1801.05787; BlockSwap, Turner et al. 2020, arXiv 1906.04113, equation 2): sum
/// over the output channels c of convs and linears of
///   1/(2N) sum over frames n of (sum over positions of a_nc * dL/da_nc)^2,
/// with a the output before norm and activation and L the sum of the N frames' cross-entropies. The largest is the
/// best.
double fisher_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune
