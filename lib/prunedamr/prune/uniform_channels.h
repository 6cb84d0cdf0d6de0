// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/channel_layers.h"
#include "prunedamr/prune/baseline_scores.h"
#include "prunedamr/prune/ladder.h"

#include <vector>

namespace prunedamr::prune {

/// Plans that take groups of least score out of every scored layer in the same share, rung by rung one group of one
/// layer (that of which the least share is gone by then; the first on ties), until one is left of each. Layers of
/// an empty row of scores stay whole. `network`, `layers` and `scores` must outlive the ladder.
Ladder uniform_ladder(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                      const GroupScores& scores);

} // namespace prunedamr::prune
