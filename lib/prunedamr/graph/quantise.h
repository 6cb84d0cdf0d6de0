// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

/// What `Network::quantised` means. All of it is float32 arithmetic, every operation rounded for itself:
/// - the output x of a node that is named there becomes scale * (q - zero) with
///   q = min(max(round(x * (1 / scale)) + zero, 0), 255), halves rounded to even, NaN to q = 0;
/// - a conv or linear that reads such a node, directly or through nodes that hand on the same values, uses whole
///   weights w_q with w ~ s w_q, s per output channel (`quantise_weight`), and gives
///   float(sum (q - zero) w_q) * (scale * s) + bias, the sum exact;
/// - everything else, and what the network is without entries, stays as it is.
namespace prunedamr::graph {

/// 0..255
int quantise(float x, const QuantisedValue& form);
float dequantise(int q, const QuantisedValue& form);

/// Filters of a conv or linear in whole numbers, one scale per output channel.
struct QuantisedWeight {
    std::vector<std::int8_t> values; ///< -127..127, in the order of the tensor
    std::vector<float> scales;       ///< [channels]: largest magnitude / 127, 1 where all are 0
};
QuantisedWeight quantise_weight(const std::vector<float>& weight, std::int64_t channels);

/// dropout, detach, flatten, as_image: the output holds the input's values.
bool hands_on_values(Op op);

/// The 8-bit form in which a node's first input arrives; nullptr if it is float32.
const QuantisedValue* quantised_input(const Network& network, const Node& node);

/// Part of `validate`: throws `Error` naming the node for an entry of an unknown node or of one that hands on its
/// input, a scale outside of 1e-30..1e30, a zero outside of 0..255, and for a batch norm that should have been
/// folded.
void check_quantised(const Network& network);

} // namespace prunedamr::graph
