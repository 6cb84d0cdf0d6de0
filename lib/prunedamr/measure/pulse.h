// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/front.h"

namespace prunedamr::measure {

enum class PulseKind { root_raised_cosine, rectangular, half_sine, gaussian };

struct PulseShape {
    PulseKind kind = PulseKind::root_raised_cosine;
    double parameter = 0.35; ///< roll-off, or bandwidth-time product
};

/// |H(f)|^2 of a pulse, f in symbol rates; 1 at 0; zero beyond 1.5.
double pulse_power(const PulseShape& pulse, double f) noexcept;

struct PulseFit {
    PulseShape shape;
    double carrier = 0.0; ///< from the front's center, cycles per sample: 0.3 to 1 % of the rate
};

/// Which pulse the spectrum is likeliest to come from (Whittle, "Estimation and information in stationary time
/// series", 1953), and where its middle lies. `near`: carrier to begin with, from the front's center.
PulseFit fit_pulse(Workspace& space, const Front& front, double rate, double near) noexcept;

} // namespace prunedamr::measure
