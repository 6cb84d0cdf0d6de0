// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace prunedamr::prune {

/// The column of each row in the one-to-one assignment of largest total gain; `gain` is [n, n], row-major, finite.
/// Hungarian method (Kuhn 1955) by shortest augmenting paths with prices, O(n^3).
std::vector<int> best_assignment(const std::vector<double>& gain, int n);

} // namespace prunedamr::prune
