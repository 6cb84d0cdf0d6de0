// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>

namespace prunedamr::dsp {

/// Power that silence is given, in dB relative to |x| = 1.
inline constexpr float kSilenceDbfs = -200.0f;

/// Largest |component|; infinity where one is not finite, 0 of no samples.
float largest_component(const std::complex<float>* samples, std::ptrdiff_t count) noexcept;

/// Copies with non-finite samples as zero; `out` may be `samples`.
void copy_finite(const std::complex<float>* samples, int count, std::complex<float>* out) noexcept;

/// Copies `count` samples to `out`, non-finite ones as zero, scaled by a power of two so that the largest
/// component lies in 0.5..1 (silence stays zero). Returns the binary exponent taken out: in = out * 2^exponent.
/// Spectra and sums of squares then neither overflow nor vanish, whatever the input's scale.
int copy_levelled(const std::complex<float>* samples, int count, std::complex<float>* out) noexcept;

/// Mean of |x|^2.
float mean_power(const std::complex<float>* samples, int count) noexcept;

/// 10 log10 of a mean power that was measured on samples whose `exponent` was taken out.
float power_dbfs(float mean_power, int exponent) noexcept;

} // namespace prunedamr::dsp
