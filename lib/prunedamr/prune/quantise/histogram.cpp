// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/quantise/histogram.h"

#include "prunedamr/graph/quantise.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunedamr::prune {

std::int64_t Histogram::total() const
{
    return std::accumulate(counts.begin(), counts.end(), std::int64_t{ 0 });
}

float Histogram::value_of(std::size_t bin) const
{
    return low + (high - low) * (static_cast<float>(bin) + 0.5F) / static_cast<float>(counts.size());
}

float Histogram::quantile(double share) const
{
    const double wanted = share * static_cast<double>(total());
    double below = 0.0;
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        const auto here = static_cast<double>(counts[bin]);
        if (here > 0.0 && below + here >= wanted) {
            const double part = std::clamp((wanted - below) / here, 0.0, 1.0);
            return low + (high - low) * static_cast<float>((static_cast<double>(bin) + part) /
                                                           static_cast<double>(counts.size()));
        }
        below += here;
    }
    return high;
}

graph::QuantisedValue form_of_range(float low, float high)
{
    constexpr float kSteps = 255.0F;
    low = std::min(low, 0.0F);
    high = std::max(high, 0.0F);
    const float scale = (high - low) / kSteps;
    if (!(scale > 1e-30F)) // nothing but zeros
        return { 1.0F, 0 };
    return { scale, static_cast<int>(std::nearbyint(-low / scale)) };
}

double squared_error(const Histogram& histogram, const graph::QuantisedValue& form)
{
    double sum = 0.0;
    for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin) {
        if (histogram.counts[bin] == 0)
            continue;
        const float x = histogram.value_of(bin);
        const double error = x - graph::dequantise(graph::quantise(x, form), form);
        sum += error * error * static_cast<double>(histogram.counts[bin]);
    }
    return sum / static_cast<double>(std::max<std::int64_t>(1, histogram.total()));
}

graph::QuantisedValue form_by_percentile(const Histogram& histogram, double outside)
{
    return form_of_range(histogram.quantile(outside), histogram.quantile(1.0 - outside));
}

graph::QuantisedValue form_by_squared_error(const Histogram& histogram)
{
    constexpr int kRanges = 80;
    graph::QuantisedValue best = form_of_range(histogram.low, histogram.high);
    double least = squared_error(histogram, best);
    for (int i = 1; i < kRanges; ++i) {
        const float share = 1.0F - 0.8F * static_cast<float>(i) / kRanges;
        const graph::QuantisedValue form = form_of_range(share * histogram.low, share * histogram.high);
        const double error = squared_error(histogram, form);
        if (error < least) {
            least = error;
            best = form;
        }
    }
    return best;
}

} // namespace prunedamr::prune
