// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/thinning.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <iterator>

namespace prunedamr::prune::rl {

int position(const graph::Plan& plan, const std::string& node, int channel)
{
    const auto thinned = plan.keep_channels.find(node);
    if (thinned == plan.keep_channels.end())
        return channel;
    const auto& kept = thinned->second;
    const auto found = std::lower_bound(kept.begin(), kept.end(), channel);
    PRUNEDAMR_CHECK(found != kept.end() && *found == channel, "a channel that is still there");
    return static_cast<int>(found - kept.begin());
}

graph::Plan onwards(const graph::Plan& from, const graph::Plan& to)
{
    graph::Plan plan = to;
    for (auto& [node, channels] : plan.keep_channels)
        for (int& channel : channels)
            channel = position(from, node, channel);
    return plan;
}

graph::KeptGroups removed_between(const graph::KeptGroups& before, const graph::KeptGroups& after)
{
    graph::KeptGroups removed(before.size());
    for (std::size_t l = 0; l < before.size(); ++l)
        std::set_difference(before[l].begin(), before[l].end(), after[l].begin(), after[l].end(),
                            std::back_inserter(removed[l]));
    return removed;
}

} // namespace prunedamr::prune::rl
