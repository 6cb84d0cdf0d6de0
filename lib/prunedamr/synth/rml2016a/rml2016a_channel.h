// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/signal/symbols.h"

#include <array>
#include <complex>
#include <cstdint>
#include <string>
#include <vector>

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

/// An offset that starts at 0 and moves by N(0, step_hz) before every sample, held within +-limit_hz.
struct OffsetWalk {
    double step_hz;
    double limit_hz;
    double sample_rate_hz = 200e3;
};

/// Sample-rate offset: output n is the input at place p(n) + 3, p(0) = 0, p(n+1) = p(n) + 1 + offset(n) / rate, by
/// `MmseInterpolator`. The end is shorter by the interpolator's 7 samples and by what the walk took.
Samples offset_sample_rate(const Samples& in, const OffsetWalk& walk, Rng& rng);

/// Carrier offset: the phase of sample n is the sum of 2 pi offset / rate up to it.
void offset_carrier(Samples& samples, const OffsetWalk& walk, Rng& rng);

enum class Fading {
    rml,    ///< GNU Radio 3.7's model with RadioML's seed: the same path from t = 0 in every chain
    modern, ///< GNU Radio 3.10's model with the same seed
    random, ///< the formula of `rml` with new phases in every chain
    none,
};

/// Throws `Error` for a name that is none of these.
Fading fading_from_string(const std::string& name);

/// Gain of one path: a sum of sinusoids, and for a Rician path a line of sight
/// (Alimohammad et al., "A Novel Technique for Efficient Hardware Simulation of Spatiotemporally Correlated MIMO
/// Fading Channels", 2008, as GNU Radio implements it).
struct FadingPath {
    struct Wave {
        double rate;  ///< rad per sample
        double phase; ///< at sample 0
    };
    std::vector<Wave> in_phase;   ///< scale * cos(rate t + phase) each
    std::vector<Wave> quadrature; ///< the same, times j
    double scale = 0.0;
    Wave line_of_sight = { 0.0, 0.0 }; ///< e^{j(rate t + phase)}
    double line_of_sight_scale = 0.0;  ///< 0: Rayleigh

    std::complex<double> gain(double sample) const;
};

/// RadioML's channel has three paths: delays 0, 0.9 and 1.7 samples, magnitudes 1, 0.8 and 0.3, Doppler 1 Hz at
/// 200 kS/s, the first with K = 4.
inline constexpr int kFadingPaths = 3;
using FadingPaths = std::array<FadingPath, kFadingPaths>;

/// GNU Radio 3.7's with seven sinusoids of scale sqrt(2/8) on each rail, phases from a 32-bit Mersenne twister
/// seeded `seed` + path. Mean power 1.75 (Rayleigh), (4 + 1.75) / 5 (Rician).
FadingPaths rml_fading_paths(std::uint32_t seed = 0x1337);

/// GNU Radio 3.10's with eight sinusoids of scale sqrt(1/8). Mean power 1.
FadingPaths modern_fading_paths(std::uint32_t seed = 0x1337);

/// As `rml_fading_paths`, phases from `rng`.
FadingPaths random_fading_paths(Rng& rng);

/// One fading model, ready for chains of any length. Thread-safe.
class Fader
{
public:
    static constexpr int kTaps = 8;

    explicit Fader(Fading model);

    /// y(n) = sum over paths p, k = 0..7 of h_p(n) mag_p sinc(spacing (k - delay_p)) x(n - k), x = 0 before the
    /// first; spacing is 2 in GNU Radio 3.7 and 1 in 3.10, sinc(x) = sin(pi x) / (pi x). `rng` serves `random`
    /// only.
    void apply(Samples& samples, Rng& rng) const;

private:
    Fading model_;
    FadingPaths paths_;
    std::array<std::array<float, kTaps>, kFadingPaths> taps_;
};

} // namespace prunedamr::synth
