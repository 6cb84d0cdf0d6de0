// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

/// What `Network::quantized` means. All of it is float32 arithmetic, every operation rounded for itself:
/// - the output x of a node that is named there becomes scale * (q - zero_point) with
///   q = min(max(round(x * (1 / scale)) + zero_point, 0), 255), halves rounded to even, NaN to q = 0;
/// - a conv or linear that reads such a node, directly or through nodes that hand on the same values, uses whole
///   weights w_q with w ~ s w_q, s per output channel (`quantize_weight`), and gives
///   float(sum (q - zero_point) w_q) * (scale * s) + bias, the sum exact;
/// - everything else, and what the network is without entries, stays as it is.
namespace prunedamr::graph {

/// 0..255
int quantize(float x, const QuantParams& params);
float dequantize(int q, const QuantParams& params);

/// Filters of a conv or linear in whole numbers, one scale per output channel.
struct QuantizedWeight {
    std::vector<std::int8_t> values; ///< -127..127, in the order of the tensor
    std::vector<float> scales;       ///< [channels]: largest magnitude / 127, 1 where all are 0
};
QuantizedWeight quantize_weight(const std::vector<float>& weight, std::int64_t channels);

/// dropout, detach, flatten, as_image: the output holds the input's values.
bool hands_on_values(Op op);

/// The parameters of the 8 bits in which a node's first input arrives; nullptr if it is float32.
const QuantParams* quantized_input(const Network& network, const Node& node);

/// Part of `validate`: throws `Error` naming the node for an entry of an unknown node or of one that hands on its
/// input, a scale outside of 1e-30..1e30, a zero outside of 0..255, and for a batch norm that should have been
/// folded.
void check_quantized(const Network& network);

} // namespace prunedamr::graph
