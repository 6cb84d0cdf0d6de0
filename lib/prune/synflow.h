// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

namespace prunedamr::prune {

/// SynFlow (Tanaka et al. 2020), as arXiv 2406.07929 uses it: absolute value of every parameter and buffer, double
/// precision, batch norms in training mode, input of ones [batch, 2, length]; R = sum of logits;
/// score = sum |theta * dR/dtheta|.
double synflow_score(const graph::Network& network, int batch = 128);

} // namespace prunedamr::prune
