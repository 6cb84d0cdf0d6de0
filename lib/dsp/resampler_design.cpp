// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/resampler_design.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace prunedamr::dsp {
namespace {

constexpr double kStopBandDb = 60.0;
constexpr double kCutoff = 0.44;     ///< of the output rate
constexpr float kSemiLength = 10.0f; ///< of the filter, in output samples
constexpr float kPhasesPerOutput =
    64.0f; ///< filter phases per output sample: a time is off by half a phase at most
constexpr float kLeastPhases = 16.0f;

/// Modified Bessel function of the first kind, order zero, by its power series.
double bessel_i0(double x)
{
    double term = 1.0, sum = 1.0;
    for (int k = 1; term > 1e-12 * sum; ++k) {
        term *= (x / 2) * (x / 2) / (static_cast<double>(k) * k);
        sum += term;
    }
    return sum;
}

/// The impulse response at `count` points, `cutoff` in cycles per point (J. F. Kaiser, 1974).
std::vector<double> windowed_sinc(int count, double cutoff)
{
    const double beta = 0.1102 * (kStopBandDb - 8.7);
    const double middle = 0.5 * (count - 1);
    std::vector<double> response(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        const double t = i - middle;
        const double x = 2.0 * M_PI * cutoff * t;
        const double share = t / middle;
        response[i] = (x == 0.0 ? 1.0 : std::sin(x) / x) *
                      bessel_i0(beta * std::sqrt(std::max(0.0, 1.0 - share * share))) / bessel_i0(beta);
    }
    return response;
}

} // namespace

ResamplerDesign design_resampler(float ratio)
{
    ResamplerDesign design;
    design.taps = 2 * static_cast<int>(std::ceil(kSemiLength / ratio));
    design.log2_phases =
        static_cast<int>(std::ceil(std::log2(std::max(kLeastPhases, std::floor(kPhasesPerOutput * ratio)))));
    const int phases = 1 << design.log2_phases;
    const auto response = windowed_sinc(design.taps * phases + 1, kCutoff * ratio / phases);
    const double gain = phases / std::accumulate(response.begin(), response.end(), 0.0);
    for (int phase = 0; phase < phases; ++phase)
        for (int back = design.taps - 1; back >= 0; --back)
            design.rows.insert(design.rows.end(), 2, static_cast<float>(gain * response[phase + back * phases]));
    return design;
}

} // namespace prunedamr::dsp
