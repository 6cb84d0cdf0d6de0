// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <complex>

namespace prunedamr::synth {

/// Samples between samples: the FIR of 8 taps with the least mean square error for signals within +-1/4 of the
/// rate, at 129 places 0, 1/128 .. 1 between two samples. GNU Radio's interpolators (sample-rate offset, fractional
/// interpolator) are this filter.
class MmseInterpolator
{
public:
    static constexpr int kTaps = 8;
    static constexpr int kLead = 3; ///< whole samples before the place
    static constexpr int kSteps = 128;

    /// Shared, made at first use.
    static const MmseInterpolator& instance();

    /// x(kLead + mu) from x[0..7]; mu 0..1, taken to the nearest of the 129 places.
    std::complex<float> at(const std::complex<float>* x, double mu) const
    {
        const auto& taps = taps_[static_cast<std::size_t>(mu * kSteps + 0.5)];
        float re = 0.0f, im = 0.0f;
        for (int i = 0; i < kTaps; ++i) {
            re += taps[i] * x[i].real();
            im += taps[i] * x[i].imag();
        }
        return { re, im };
    }

private:
    MmseInterpolator();

    std::array<std::array<float, kTaps>, kSteps + 1> taps_;
};

} // namespace prunedamr::synth
