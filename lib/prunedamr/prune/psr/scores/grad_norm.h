// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/psr/scores/scores.h"

namespace prunedamr::prune {

/// Gradient norm (Abdelfattah et al. 2021, arXiv 2101.08134, section 3): sum over convs and linears of the
/// Euclidean norm of dL/dW, with L the mean cross-entropy of one batch. The largest is the best.
double grad_norm_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune
