// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

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

namespace detail {

/// Of eight partial sums of products side by side: all of them, or those of I and those of Q.
inline void fold(const float (&sums)[8], float& result)
{
    result = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

inline void fold(const float (&sums)[8], std::complex<float>& result)
{
    result = { sums[0] + sums[2] + sums[4] + sums[6], sums[1] + sums[3] + sums[5] + sums[7] };
}

} // namespace detail

/// Values of a sampled signal between its samples: a sinc of 2 `kReach` taps under a Kaiser window, from a table of
/// 1024 positions of which the nearest is taken; half a position in time is an error of -63 dB at 0.2 cycles per
/// sample. `Sample` is float or std::complex<float>; `kReach` is a multiple of 4. Known at compile time, both, so
/// that the loop over the taps unrolls into vectors. The table is made at construction; `at` may run in several
/// threads at a time.
template <typename Sample, int kReach> class FractionalInterpolator
{
public:
    static constexpr int kPositions = 1024;
    static constexpr int kTaps = 2 * kReach;

    explicit FractionalInterpolator(double kaiser_beta);

    /// x(position), position in samples from x[0]. With n the sample at or before the nearest of the positions, it
    /// sees x[n - kReach + 1] to x[n + kReach], which must be there.
    Sample at(const Sample* x, double position) const noexcept
    {
        const std::int64_t nearest = std::llround(position * kPositions);
        const auto* samples = reinterpret_cast<const float*>(x + (nearest >> kLog2Positions) - (kReach - 1));
        const float* weights = table_.data() + (nearest & (kPositions - 1)) * kWidth;
        float sums[8] = {};
        for (int i = 0; i < kWidth; i += 8)
            for (int lane = 0; lane < 8; ++lane)
                sums[lane] += samples[i + lane] * weights[i + lane];
        Sample result;
        detail::fold(sums, result);
        return result;
    }

private:
    static constexpr int kLog2Positions = 10;
    static constexpr int kParts = sizeof(Sample) / sizeof(float); ///< of a sample
    static constexpr int kWidth = kParts * kTaps;
    static_assert(kPositions == 1 << kLog2Positions && kWidth % 8 == 0);

    std::vector<float> table_; ///< [kPositions, kTaps, kParts], the parts of a sample by the same weight
};

template <typename Sample, int kReach>
FractionalInterpolator<Sample, kReach>::FractionalInterpolator(double kaiser_beta)
{
    const KaiserWindow window(kaiser_beta);
    table_.reserve(static_cast<std::size_t>(kPositions * kWidth));
    for (int position = 0; position < kPositions; ++position)
        for (int tap = 0; tap < kTaps; ++tap) {
            const double t = tap - (kReach - 1) - static_cast<double>(position) / kPositions;
            table_.insert(table_.end(), kParts, static_cast<float>(window(t / kReach) * sinc(M_PI * t)));
        }
}

} // namespace prunedamr::dsp
