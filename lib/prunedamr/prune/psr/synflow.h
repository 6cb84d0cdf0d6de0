// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <string>

namespace prunedamr::prune {

/// SynFlow (Tanaka et al. 2020), as arXiv 2406.07929 uses it: absolute value of every parameter and buffer, double
/// precision, batch norms in training mode, no dropout, input of ones [batch, 2, length]; R = sum of logits;
/// score = sum |theta * dR/dtheta|.
/// All rows are alike, so batch statistics do not depend on `batch` and the score is proportional to it: a small
/// batch ranks networks as a large one does. `batch` >= 1, or >= 2 where a batch norm sees one position per
/// channel.
double synflow_score(const graph::Network& network, int batch = 128, const std::string& device = "cpu");

} // namespace prunedamr::prune
