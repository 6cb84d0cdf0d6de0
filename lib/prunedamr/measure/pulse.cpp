// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/measure/pulse.h"

#include "prunedamr/measure/numerics.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {
namespace {

constexpr PulseShape kShapes[] = {
    { PulseKind::root_raised_cosine, 0.10 }, { PulseKind::root_raised_cosine, 0.15 }, { PulseKind::root_raised_cosine, 0.20 },
    { PulseKind::root_raised_cosine, 0.25 }, { PulseKind::root_raised_cosine, 0.30 }, { PulseKind::root_raised_cosine, 0.35 },
    { PulseKind::root_raised_cosine, 0.40 }, { PulseKind::root_raised_cosine, 0.50 }, { PulseKind::root_raised_cosine, 0.60 },
    { PulseKind::root_raised_cosine, 0.80 }, { PulseKind::rectangular, 0.0 },         { PulseKind::half_sine, 0.0 },
    { PulseKind::gaussian, 0.3 },            { PulseKind::gaussian, 0.5 },
};
constexpr double kNoise[] = { 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3 }; // over the plateau
constexpr double kReach = 0.8;                                    // of the spectrum looked at, in symbol rates
constexpr int kCells = 128;                                       // that this part is averaged to
constexpr int kShifts = 41;
constexpr double kMaxShift = 0.1; // symbol rates

} // namespace

double pulse_power(const PulseShape& pulse, double f) noexcept
{
    const double u = std::fabs(f);
    if (u >= 1.5)
        return 0.0;
    switch (pulse.kind) {
    case PulseKind::root_raised_cosine: {
        const double low = 0.5 * (1.0 - pulse.parameter), high = 0.5 * (1.0 + pulse.parameter);
        return u <= low ? 1.0 : u >= high ? 0.0 : 0.5 + 0.5 * std::cos(M_PI * (u - low) / pulse.parameter);
    }
    case PulseKind::rectangular: return sinc(u) * sinc(u);
    case PulseKind::half_sine: {
        const double d = 1.0 - 4.0 * u * u, h = std::fabs(d) < 1e-6 ? M_PI / 4.0 : std::cos(M_PI * u) / d;
        return h * h;
    }
    case PulseKind::gaussian: {
        const double s = std::sqrt(M_LN2) / pulse.parameter;
        return sinc(u) * sinc(u) * std::exp(-u * u * s * s);
    }
    }
    return 0.0;
}

PulseFit fit_pulse(Workspace& space, const Front& front, double rate, double near) noexcept
{
    PulseFit fit;
    fit.carrier = near;
    // The periodogram, without what stands out of it (a carrier), in cells around `near`.
    const int inner = front.bin(near - 0.3 * rate), inner_end = front.bin(near + 0.3 * rate) + 1;
    const float limit = 6.0f * quantile(space, front.periodogram() + inner, inner_end - inner, 0.5);
    const double reach = std::min(kReach * rate, 0.49);
    double power[kCells] = {}, weight[kCells] = {}, place[kCells];
    for (int cell = 0; cell < kCells; ++cell)
        place[cell] = (2.0 * (cell + 0.5) / kCells - 1.0) * reach / rate;
    for (int k = front.bin(near - reach); k <= front.bin(near + reach); ++k) {
        const int cell = std::clamp(static_cast<int>((front.offset(k) - near + reach) / (2.0 * reach) * kCells), 0, kCells - 1);
        power[cell] += std::min(front.periodogram()[k], limit);
        weight[cell] += 1.0;
    }
    double total = 0.0, best = -1e30;
    for (int cell = 0; cell < kCells; ++cell)
        total += weight[cell];
    for (const PulseShape& shape : kShapes)
        for (const double noise : kNoise) {
            double logs = 0.0, amplitude = 0.0;
            for (int cell = 0; cell < kCells; ++cell) {
                const double model = pulse_power(shape, place[cell]) + noise;
                logs += weight[cell] * std::log(model);
                amplitude += power[cell] / model;
            }
            const double likelihood = -logs - total * std::log(std::max(amplitude / total, 1e-30));
            if (likelihood > best) {
                best = likelihood;
                fit.shape = shape;
            }
        }
    // The shift at which the model overlaps most with the spectrum, its plateau cut flat.
    double level[kCells], sorted[kCells];
    int cells = 0;
    for (int cell = 0; cell < kCells; ++cell) {
        level[cell] = power[cell] / std::max(1.0, weight[cell]);
        if (std::fabs(place[cell]) < 0.4)
            sorted[cells++] = level[cell];
    }
    std::nth_element(sorted, sorted + cells / 2, sorted + cells);
    double overlap[kShifts];
    int top = 0;
    for (int i = 0; i < kShifts; ++i) {
        const double shift = kMaxShift * (2.0 * i / (kShifts - 1) - 1.0);
        overlap[i] = 0.0;
        for (int cell = 0; cell < kCells; ++cell)
            overlap[i] += std::min(level[cell], 1.5 * sorted[cells / 2]) * pulse_power(fit.shape, place[cell] - shift);
        if (overlap[i] > overlap[top])
            top = i;
    }
    double at = top;
    if (top > 0 && top < kShifts - 1)
        at += parabola(overlap[top - 1], overlap[top], overlap[top + 1]);
    fit.carrier = near + kMaxShift * (2.0 * at / (kShifts - 1) - 1.0) * rate;
    return fit;
}

} // namespace prunedamr::measure
