// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <volk/volk_alloc.hh>

#include <complex>
#include <cstdint>

namespace prunedamr::dsp {

/// A low-pass at any time between samples, laid out for the loop that runs it.
struct PolyphaseFilter {
    int taps = 0;             ///< per phase; an output at time t (input samples) sees floor(t) - taps + 1..floor(t)
    int log2_phases = 0;      ///< phases per input sample
    volk::vector<float> rows; ///< [phases, taps, 2], the oldest sample's weight first, the same for I and for Q
};

struct PolyphaseConfig {
    double cutoff = 0.45;       ///< half amplitude, cycles per input sample
    double stop_band_db = 60.0; ///< attenuation
    int semi_length = 10;       ///< reach to either side, input samples; the filter's delay
    int log2_phases = 6;
};

/// Kaiser-windowed sinc (J. F. Kaiser, 1974) with gain 1 at zero frequency.
PolyphaseFilter design_polyphase(const PolyphaseConfig& config);

/// Times are in fixed point: input samples in units of 2^-24.
inline constexpr int kPolyphaseFractionBits = 24;
std::uint64_t polyphase_stride(float samples_per_output);

/// Outputs that lie no later than the last of `count` inputs, from the first input's time on.
int polyphase_outputs(std::uint64_t stride, int count) noexcept;

/// Outputs number `first`..`end` - 1 at the times n * `stride`, each by the phase at or before its time, to
/// out[0..end - first). All samples that the outputs see must lie in `in`.
void run_polyphase(const PolyphaseFilter& filter, std::uint64_t stride, const std::complex<float>* in, int first,
                   int end, std::complex<float>* out) noexcept;

} // namespace prunedamr::dsp
