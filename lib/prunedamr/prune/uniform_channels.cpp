// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/uniform_channels.h"

#include <algorithm>
#include <numeric>

namespace prunedamr::prune {
namespace {

/// Layers in the order in which they lose a group each.
std::vector<std::size_t> removal_order(const GroupScores& scores)
{
    std::vector<std::pair<double, std::size_t>> removals; // share gone after it, layer
    for (std::size_t l = 0; l < scores.size(); ++l)
        for (std::size_t gone = 1; gone < scores[l].size(); ++gone)
            removals.emplace_back(static_cast<double>(gone) / static_cast<double>(scores[l].size()), l);
    std::sort(removals.begin(), removals.end());
    std::vector<std::size_t> order;
    for (const auto& [share, layer] : removals)
        order.push_back(layer);
    return order;
}

/// Indices by falling score, the lower index first on ties.
std::vector<int> ranked(const std::vector<double>& scores)
{
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return scores[a] > scores[b]; });
    return order;
}

} // namespace

Ladder uniform_ladder(const graph::Network& network, const std::vector<graph::ChannelLayer>& layers,
                      const GroupScores& scores)
{
    const auto order = removal_order(scores);
    const auto plan = [&network, &layers, &scores, order](int rung) {
        graph::KeptGroups kept;
        for (std::size_t l = 0; l < layers.size(); ++l)
            kept.push_back(scores[l].empty() ? graph::all_groups(layers)[l] : ranked(scores[l]));
        for (int i = 0; i < rung; ++i)
            kept[order[static_cast<std::size_t>(i)]].pop_back();
        for (auto& groups : kept)
            std::sort(groups.begin(), groups.end());
        return graph::channel_plan(network, layers, kept);
    };
    return { static_cast<int>(order.size()) + 1, plan };
}

} // namespace prunedamr::prune
