// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/psr/scores/scores.h"

namespace prunedamr::prune {

/// Jacobian covariance (the first version of arXiv 2006.04647; arXiv 2101.08134): J[n] = the gradient of the sum of
/// frame n's logits by its samples; s_1..s_N = eigenvalues of the correlation matrix of the rows of J;
/// score = -sum_i [log(s_i + k) + 1 / (s_i + k)], k = 1e-5. Labels are not read. The largest is the best: frames
/// that correlate little.
double jacov_score(const graph::Network& network, const train::Batch& batch, const std::string& device = "cpu");

} // namespace prunedamr::prune
