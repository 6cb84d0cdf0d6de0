// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <cstdint>
#include <vector>

namespace prunedamr::prune {

/// How often the values of an activation fall where, in equal bins.
struct Histogram {
    float low = 0.0F, high = 0.0F;    ///< least and largest value seen, low <= high
    std::vector<std::int64_t> counts; ///< of the bins from low to high; one bin where low = high

    std::int64_t total() const;
    float value_of(std::size_t bin) const; ///< middle of a bin
    float quantile(double share) const;    ///< value below which that share lies, 0..1
};

/// The 8-bit form of values from `low` to `high`, widened to hold 0, which is exact in it.
graph::QuantisedValue form_of_range(float low, float high);

/// What rounding and clipping cost: mean of (x - its 8-bit form)^2.
double squared_error(const Histogram& histogram, const graph::QuantisedValue& form);

/// The form whose range leaves `outside` of the values out at either end.
graph::QuantisedValue form_by_percentile(const Histogram& histogram, double outside);

/// The form of least squared error among ranges from a fifth of the whole on.
graph::QuantisedValue form_by_squared_error(const Histogram& histogram);

} // namespace prunedamr::prune
