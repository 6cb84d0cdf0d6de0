// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/policy.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::prune::rl {
namespace {

Policy normalized(Policy policy)
{
    for (double& share : policy)
        share = std::max(share, kLeastShare);
    const double sum = std::accumulate(policy.begin(), policy.end(), 0.0);
    for (double& share : policy)
        share /= sum;
    return policy;
}

} // namespace

Policy by_width(const std::vector<int>& widths)
{
    return normalized({ widths.begin(), widths.end() });
}

Policy noisy(const Policy& policy, double sigma, Rng& rng)
{
    const double scale = sigma * rng.uniform();
    Policy action = policy;
    for (double& share : action)
        share += scale * rng.normal();
    return normalized(std::move(action));
}

Policy toward(const Policy& policy, const Policy& best, double rate, double clip)
{
    PRUNEDAMR_CHECK(policy.size() == best.size(), "policies over the same layers");
    Policy updated = policy;
    for (std::size_t l = 0; l < policy.size(); ++l)
        updated[l] += rate * (best[l] - policy[l]);
    updated = normalized(std::move(updated));
    for (std::size_t l = 0; l < policy.size(); ++l)
        updated[l] = policy[l] * std::clamp(updated[l] / policy[l], 1.0 - clip, 1.0 + clip);
    return normalized(std::move(updated));
}

std::vector<int> removal_order(const Policy& action, const std::vector<int>& removable, int n)
{
    PRUNEDAMR_CHECK(action.size() == removable.size(), "an action over the same layers");
    std::vector<int> lost(action.size(), 0);
    std::vector<int> order;
    while (static_cast<int>(order.size()) < n) {
        int next = -1;
        double largest = 0.0;
        for (std::size_t l = 0; l < action.size(); ++l) {
            const double claim = action[l] / (2 * lost[l] + 1);
            if (lost[l] < removable[l] && claim > largest) {
                largest = claim;
                next = static_cast<int>(l);
            }
        }
        if (next < 0)
            break;
        ++lost[static_cast<std::size_t>(next)];
        order.push_back(next);
    }
    return order;
}

double exploration(double epsilon, int step, int steps)
{
    const double decay = 0.1 * steps;
    return step < decay ? 0.5 * epsilon * (1.0 + std::cos(M_PI * step / decay)) : 0.0;
}

} // namespace prunedamr::prune::rl
