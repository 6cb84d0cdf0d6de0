// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/interpolator.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::train {
namespace {

constexpr int kTaps = 32;
constexpr int kPositions = 1024;
constexpr double kBeta = 7.0;

/// Modified Bessel function of the first kind, order 0, by its power series: I0(x) = sum ((x/2)^k / k!)^2.
double bessel_i0(double x)
{
    double sum = 1.0, term = 1.0;
    for (int k = 1; term > 1e-12 * sum; ++k) {
        term *= 0.25 * x * x / (static_cast<double>(k) * k);
        sum += term;
    }
    return sum;
}

double windowed_sinc(double t)
{
    const double edge = t / (kTaps / 2);
    if (std::abs(edge) >= 1.0)
        return 0.0;
    const double window = bessel_i0(kBeta * std::sqrt(1.0 - edge * edge)) / bessel_i0(kBeta);
    return t == 0.0 ? 1.0 : window * std::sin(M_PI * t) / (M_PI * t);
}

/// Sum over all taps, in lanes that a compiler can keep in one register.
float dot(const float* a, const float* b)
{
    constexpr int kLanes = 8;
    float sums[kLanes] = {};
    for (int tap = 0; tap < kTaps; tap += kLanes)
        for (int lane = 0; lane < kLanes; ++lane)
            sums[lane] += a[tap + lane] * b[tap + lane];
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

} // namespace

Interpolator::Interpolator()
{
    for (int position = 0; position <= kPositions; ++position)
        for (int tap = 0; tap < kTaps; ++tap)
            table_.push_back(static_cast<float>(
                windowed_sinc(tap - (kTaps / 2 - 1) - static_cast<double>(position) / kPositions)));
}

void Interpolator::extend(const float* x, int length, int margin)
{
    extended_.resize(static_cast<std::size_t>(length + 2 * margin));
    const int last = length - 1;
    for (int n = -margin; n < length + margin; ++n) {
        int inside = std::abs(n) % (2 * last); // the mirrored signal has this period
        inside = inside > last ? 2 * last - inside : inside;
        extended_[static_cast<std::size_t>(n + margin)] = x[inside];
    }
}

void Interpolator::read(const float* x, int length, double first, double rate, float* to)
{
    PRUNEDAMR_CHECK(length >= 2, "a signal of one sample has no mirror image");
    const double end = first + (length - 1) * rate;
    const double beyond = std::max({ 0.0, -std::min(first, end), std::max(first, end) - (length - 1) });
    PRUNEDAMR_CHECK(beyond < length, "no position lies farther outside than the signal is long");
    const int margin = kTaps / 2 + 1 + static_cast<int>(std::ceil(beyond));
    extend(x, length, margin);
    for (int n = 0; n < length; ++n) {
        const double at = first + n * rate;
        const double whole = std::floor(at);
        const auto row = static_cast<std::size_t>(std::lround((at - whole) * kPositions));
        const float* taps = table_.data() + row * kTaps;
        const float* from = extended_.data() + margin + static_cast<int>(whole) - (kTaps / 2 - 1);
        to[n] = dot(taps, from);
    }
}

} // namespace prunedamr::train
