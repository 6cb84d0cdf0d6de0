// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/complex_norm.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::graph {

std::vector<PairMap> complex_norm_maps(const Network& network, const Node& node)
{
    const auto& weight = network.tensor(node.name + ".weight").data;
    const auto& bias = network.tensor(node.name + ".bias").data;
    const auto& mean = network.tensor(node.name + ".running_mean").data;
    const auto& covariance = network.tensor(node.name + ".running_var").data;
    std::vector<PairMap> maps;
    for (std::size_t c = 0; 2 * c < bias.size(); ++c) {
        const double v_ii = covariance[3 * c] + node.epsilon, v_qq = covariance[3 * c + 1] + node.epsilon;
        const double v_iq = covariance[3 * c + 2];
        const double s = std::sqrt(std::max(v_ii * v_qq - v_iq * v_iq, node.epsilon * node.epsilon));
        const double scale = 1.0 / (s * std::sqrt(v_ii + v_qq + 2.0 * s));
        const double r_ii = (v_qq + s) * scale, r_qq = (v_ii + s) * scale, r_iq = -v_iq * scale;
        const double w_ii = weight[3 * c], w_qq = weight[3 * c + 1], w_iq = weight[3 * c + 2];
        PairMap map{ w_ii * r_ii + w_iq * r_iq,
                     w_ii * r_iq + w_iq * r_qq,
                     w_iq * r_ii + w_qq * r_iq,
                     w_iq * r_iq + w_qq * r_qq,
                     0.0,
                     0.0 };
        map.offset_i = bias[2 * c] - map.ii * mean[2 * c] - map.iq * mean[2 * c + 1];
        map.offset_q = bias[2 * c + 1] - map.qi * mean[2 * c] - map.qq * mean[2 * c + 1];
        maps.push_back(map);
    }
    return maps;
}

} // namespace prunedamr::graph
