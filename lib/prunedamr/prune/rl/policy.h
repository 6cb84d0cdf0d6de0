// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"

#include <vector>

namespace prunedamr::prune::rl {

/// The prune distribution of RL-Pruner: for each channel layer the share of the filters to remove next.
/// Positive, sums to 1. A "filter" is a removable channel group here: what shortcuts tie is one filter, and the
/// averaging of the paper inside such groups holds by construction.
using Policy = std::vector<double>;

constexpr double kLeastShare = 1e-5; ///< before renormalization

/// Shares proportional to the widths (filters of each layer), at least one of which is positive.
Policy by_width(const std::vector<int>& widths);

/// An action: policy + N(0, 1) per layer * sigma * U(0, 1), one for all layers; at least `kLeastShare`;
/// renormalized.
Policy noisy(const Policy& policy, double sigma, Rng& rng);

/// The update: policy + rate * (best - policy); each share's ratio to its old value within [1 - clip, 1 + clip]; at
/// least `kLeastShare`; renormalized before and after clipping.
Policy toward(const Policy& policy, const Policy& best, double rate, double clip);

/// The layers that lose a filter, one after the other, so that after n removals layer l has lost round(m *
/// action[l]) for the m that makes the sum n, and none more than `removable[l]` (Webster's method of apportionment:
/// the next goes to the largest action[l] / (2 lost[l] + 1); among equals to the first layer). Exact where no
/// rounding of the shares meets n, and a smaller n gives a prefix. Shorter than n when fewer are removable.
std::vector<int> removal_order(const Policy& action, const std::vector<int>& removable, int n);

/// Chance of a random choice from the replay buffer: epsilon * (1 + cos(pi * step / decay)) / 2 in the first tenth
/// of all steps (decay = steps / 10, step from 0), then 0.
double exploration(double epsilon, int step, int steps);

} // namespace prunedamr::prune::rl
