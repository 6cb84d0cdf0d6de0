// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/edge_comb.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {

void EdgeComb::find(const float* g, int count, double low, double high, double hysteresis) noexcept
{
    const auto middle = static_cast<float>(0.5 * (low + high));
    const auto margin = static_cast<float>(0.5 * hysteresis * (high - low));
    count_ = 0;
    int state = 0;
    double first = -1.0, last = -1.0;
    for (int n = 0; n < count; ++n) {
        const float d = g[n] - middle;
        if (n > 0) {
            const float before = g[n - 1] - middle;
            if ((before < 0.0f) != (d < 0.0f)) {
                last = n - 1 + static_cast<double>(before / (before - d));
                if (first < 0.0)
                    first = last;
            }
        }
        const int reached = d > margin ? 1 : d < -margin ? -1 : 0;
        if (reached == 0)
            continue;
        if (state != 0 && reached != state && first >= 0.0 && count_ < static_cast<int>(times_.size()))
            times_[count_++] = 0.5 * (first + last);
        state = reached;
        first = -1.0;
    }
}

CombLine EdgeComb::search(int samples, double max_rate, int min_symbols, bool is_strict) noexcept
{
    CombLine line;
    if (count_ < 8)
        return line;
    double decimation = 1.0; // of the grid of times, while the rates searched stay below its Nyquist rate
    while (max_rate * decimation * 2.0 <= 0.45)
        decimation *= 2.0;
    const int size = space_.size(std::max(512.0, 2.0 * samples / decimation));
    Complex* train = space_.a.data();
    std::fill(train, train + size, Complex());
    for (int i = 0; i < count_; ++i) {
        const double at = times_[i] / decimation;
        const int n = static_cast<int>(at);
        const auto fraction = static_cast<float>(at - n);
        train[n] += 1.0f - fraction;
        train[std::min(n + 1, size - 1)] += fraction;
    }
    space_.forward(size, train, space_.b.data());
    const int first = std::max(6, static_cast<int>(min_symbols * decimation / samples * size));
    const int last = static_cast<int>(std::min(max_rate * decimation, 0.45) * size);
    if (last - first < 8)
        return line;
    float* share = space_.u.data();
    float top = 0.0f;
    for (int k = first; k < last; ++k) {
        const double edge = sinc(static_cast<double>(k) / size); // of the split of a time over two points of the grid
        share[k] = static_cast<float>(std::abs(space_.b[k]) / (count_ * std::max(0.2, edge * edge)));
        top = std::max(top, share[k]);
    }
    const double near_top = is_strict && top > 0.85f ? 0.93 : 0.85, places = last - first;
    int best = -1, highest = first;
    for (int k = first; k < last; ++k) {
        if (share[k] > share[highest])
            highest = k;
        const bool is_peak = k > first && k + 1 < last && share[k] >= share[k - 1] && share[k] > share[k + 1];
        if (best < 0 && is_peak && share[k] > near_top * top &&
            static_cast<double>(count_) * share[k] * share[k] > 7.0 + std::log(places))
            best = k;
    }
    const int at = best < 0 ? highest : best;
    line.rate = at / (size * decimation);
    line.share = share[at];
    line.strength = count_ * line.share * line.share;
    line.score = line.strength - std::log(0.5 * places);
    return line;
}

double EdgeComb::share(double rate) const noexcept
{
    std::complex<double> sum;
    for (int i = 0; i < count_; ++i)
        sum += std::polar(1.0, -2.0 * M_PI * rate * times_[i]);
    return std::abs(sum) / std::max(1, count_);
}

double EdgeComb::refine(double rate, int samples) const noexcept
{
    for (const double step : { 0.5 / samples, 0.2 / samples }) {
        const double left = share(rate - step), middle = share(rate), right = share(rate + step);
        rate += step * parabola(left * left, middle * middle, right * right);
    }
    return rate;
}

} // namespace prunedamr::measure
