// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/prune/catro/scatter.h"

#include <vector>

namespace prunedamr::prune {

/// J(I) = sum_I between_k / sum_I within_k, how well a set of channels tells the classes apart together; 0 for a
/// set without scatter between classes, at most 1e12.
double trace_ratio(const Scatter& scatter, const std::vector<int>& set);

struct TraceRatioSet {
    std::vector<int> set; ///< ascending
    double ratio = 0.0;
    int iterations = 0;
};

/// The `size` channels of largest trace ratio, by Dinkelbach's iteration: lambda <- J(I), I <- the `size` largest
/// between_k - lambda within_k, until lambda stands. lambda never falls, and where it stands no other set of that
/// size has a larger ratio. Channels that do not vary (1e-9 of the largest scatter) come last: they would not lower
/// the ratio, but they tell nothing. Ties go to the lower index. 1 <= size <= channels.
TraceRatioSet largest_trace_ratio(const Scatter& scatter, int size);

} // namespace prunedamr::prune
