// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/mmse_interpolator.h"

#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr int kTaps = MmseInterpolator::kTaps;

/// Correlation of two samples `distance` apart of a signal that fills +-1/4 of the rate.
double correlation(double distance)
{
    const double x = M_PI * distance / 2;
    return x == 0.0 ? 1.0 : std::sin(x) / x;
}

/// The normal equations R h = r, by Gaussian elimination (R is positive definite: no pivoting).
std::array<float, kTaps> solve(double mu)
{
    double rows[kTaps][kTaps + 1];
    for (int i = 0; i < kTaps; ++i) {
        for (int k = 0; k < kTaps; ++k)
            rows[i][k] = correlation(i - k);
        rows[i][kTaps] = correlation(i - MmseInterpolator::kLead - mu);
    }
    for (int pivot = 0; pivot < kTaps; ++pivot)
        for (int i = pivot + 1; i < kTaps; ++i) {
            const double factor = rows[i][pivot] / rows[pivot][pivot];
            for (int k = pivot; k <= kTaps; ++k)
                rows[i][k] -= factor * rows[pivot][k];
        }
    double solution[kTaps];
    std::array<float, kTaps> taps;
    for (int i = kTaps - 1; i >= 0; --i) {
        double rest = rows[i][kTaps];
        for (int k = i + 1; k < kTaps; ++k)
            rest -= rows[i][k] * solution[k];
        solution[i] = rest / rows[i][i];
        taps[i] = static_cast<float>(solution[i]);
    }
    return taps;
}

} // namespace

MmseInterpolator::MmseInterpolator()
{
    for (int step = 0; step <= kSteps; ++step)
        taps_[step] = solve(static_cast<double>(step) / kSteps);
}

const MmseInterpolator& MmseInterpolator::instance()
{
    static const MmseInterpolator interpolator;
    return interpolator;
}

} // namespace prunedamr::synth
