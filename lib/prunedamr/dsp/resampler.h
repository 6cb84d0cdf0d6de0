// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <volk/volk_alloc.hh>

#include <complex>
#include <cstdint>
#include <memory>
#include <vector>

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

/// Decimating resamplers for the ratios 2^(-k/4), k = 0..steps(), made once. Step 0 is the input itself.
/// 60 dB of alias rejection; pass band at least +-0.35 of the output rate.
class ResamplerBank
{
public:
    /// As many steps as let `block_length` samples still give `frame_length`, down to 1/64.
    ResamplerBank(int block_length, int frame_length);
    ~ResamplerBank();
    ResamplerBank(ResamplerBank&&) noexcept;
    ResamplerBank& operator=(ResamplerBank&&) noexcept;

    static float ratio(int step);
    int steps() const noexcept;

    /// The step of the least ratio >= `min_ratio` for which `count` samples still give a frame; 0 if none does.
    int choose(float min_ratio, int count) const noexcept;

    /// Resamples with no memory of earlier calls and without filter transients; returns the samples written,
    /// at most `count`. Step >= 1.
    int run(int step, const std::complex<float>* in, int count, std::complex<float>* out) noexcept;

private:
    struct Resampler;
    std::vector<Resampler> resamplers_; ///< [k - 1]
    int frame_length_;
};

} // namespace prunedamr::dsp
