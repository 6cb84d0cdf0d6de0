// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <vector>

namespace prunedamr::graph {

/// What a trained `complex_norm` does to one pair of channels: (I, Q) -> (ii I + iq Q + offset_i,
/// qi I + qq Q + offset_q).
struct PairMap {
    double ii, iq, qi, qq, offset_i, offset_q;
};

/// The maps of a `complex_norm` node, one per pair. With covariance V (plus `epsilon` on its diagonal),
/// s = sqrt(det V) and t = sqrt(tr V + 2 s), the inverse square root of V is (V_QQ + s, V_II + s, -V_IQ) / (s t).
std::vector<PairMap> complex_norm_maps(const Network& network, const Node& node);

} // namespace prunedamr::graph
