// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {

/// The window of J. F. Kaiser (1974), I0(beta sqrt(1 - x^2)) / I0(beta): 1 at x = 0, least at its ends, -1 and 1.
class KaiserWindow
{
public:
    explicit KaiserWindow(double beta) : beta_(beta), scale_(std::cyl_bessel_i(0.0, beta)) {}

    /// The window for an attenuation of the stop band of more than 50 dB.
    static KaiserWindow for_stop_band_db(double attenuation) { return KaiserWindow(0.1102 * (attenuation - 8.7)); }

    double operator()(double x) const
    {
        return std::cyl_bessel_i(0.0, beta_ * std::sqrt(std::max(0.0, 1.0 - x * x))) / scale_;
    }

private:
    double beta_, scale_;
};

/// sin(x) / x
inline double sinc(double x)
{
    return x == 0.0 ? 1.0 : std::sin(x) / x;
}

} // namespace prunedamr::dsp
