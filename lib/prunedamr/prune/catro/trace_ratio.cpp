// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/trace_ratio.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace prunedamr::prune {
namespace {

std::vector<int> largest(const Scatter& scatter, double lambda, int size)
{
    constexpr double kLeastScatter = 1e-9; // of the largest
    std::vector<double> gain(scatter.between.size());
    double most = 0.0;
    for (std::size_t k = 0; k < gain.size(); ++k)
        most = std::max(most, scatter.between[k] + scatter.within[k]);
    for (std::size_t k = 0; k < gain.size(); ++k)
        gain[k] = scatter.between[k] + scatter.within[k] > kLeastScatter * most
                      ? scatter.between[k] - lambda * scatter.within[k]
                      : -std::numeric_limits<double>::infinity();
    std::vector<int> ranked(gain.size());
    std::iota(ranked.begin(), ranked.end(), 0);
    std::stable_sort(ranked.begin(), ranked.end(), [&](int a, int b) { return gain[a] > gain[b]; });
    ranked.resize(static_cast<std::size_t>(size));
    std::sort(ranked.begin(), ranked.end());
    return ranked;
}

} // namespace

double trace_ratio(const Scatter& scatter, const std::vector<int>& set)
{
    constexpr double kLeastWithin = 1e-12; // of the scatter between classes
    double between = 0.0, within = 0.0;
    for (const int k : set) {
        between += scatter.between[static_cast<std::size_t>(k)];
        within += scatter.within[static_cast<std::size_t>(k)];
    }
    return between > 0.0 ? between / std::max(within, kLeastWithin * between) : 0.0;
}

TraceRatioSet largest_trace_ratio(const Scatter& scatter, int size)
{
    PRUNEDAMR_CHECK(size >= 1 && size <= static_cast<int>(scatter.between.size()), "size of a set of channels");
    TraceRatioSet best{ largest(scatter, 0.0, size), 0.0, 1 };
    best.ratio = trace_ratio(scatter, best.set);
    for (;; ++best.iterations) {
        std::vector<int> set = largest(scatter, best.ratio, size);
        const double ratio = trace_ratio(scatter, set);
        if (!(ratio > best.ratio))
            return best;
        best.set = std::move(set);
        best.ratio = ratio;
    }
}

} // namespace prunedamr::prune
