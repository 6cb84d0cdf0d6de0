// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/scatter.h"

#include <algorithm>

namespace prunedamr::prune {

ScatterSums::ScatterSums(std::int64_t channels, std::int64_t positions)
    : positions_(positions), within_(static_cast<std::size_t>(channels), 0.0)
{
    class_ = { 0, std::vector<double>(static_cast<std::size_t>(channels * positions), 0.0), within_ };
    all_ = class_;
}

void ScatterSums::add(const float* features, std::int64_t samples)
{
    class_.samples += samples;
    for (std::int64_t n = 0; n < samples; ++n) {
        double* sum = class_.sum.data();
        for (double& squares : class_.squares)
            for (std::int64_t p = 0; p < positions_; ++p) {
                const double value = *features++;
                *sum++ += value;
                squares += value * value;
            }
    }
}

void ScatterSums::end_class()
{
    const std::vector<double> scatter = class_.scatter(positions_);
    for (std::size_t k = 0; k < within_.size(); ++k) {
        within_[k] += scatter[k];
        all_.squares[k] += class_.squares[k];
    }
    for (std::size_t i = 0; i < all_.sum.size(); ++i)
        all_.sum[i] += class_.sum[i];
    all_.samples += class_.samples;
    class_.samples = 0;
    std::fill(class_.sum.begin(), class_.sum.end(), 0.0);
    std::fill(class_.squares.begin(), class_.squares.end(), 0.0);
}

Scatter ScatterSums::scatter() const
{
    Scatter result;
    const std::vector<double> total = all_.scatter(positions_);
    for (std::size_t k = 0; k < within_.size(); ++k) {
        result.within.push_back(2.0 * within_[k]);
        result.between.push_back(2.0 * std::max(0.0, total[k] - within_[k]));
    }
    return result;
}

std::vector<double> ScatterSums::Moments::scatter(std::int64_t positions) const
{
    constexpr double kRounding = 1e-12; // of the squares: a constant channel has no scatter
    std::vector<double> result(squares.size(), 0.0);
    auto value = sum.begin();
    for (std::size_t k = 0; k < squares.size(); ++k) {
        double of_mean = 0.0;
        for (std::int64_t p = 0; p < positions; ++p, ++value)
            of_mean += *value * *value;
        if (samples > 0)
            result[k] = squares[k] - of_mean / static_cast<double>(samples);
        if (result[k] < kRounding * squares[k])
            result[k] = 0.0;
    }
    return result;
}

} // namespace prunedamr::prune
