// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <memory>
#include <vector>

namespace prunedamr::dsp {

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

    /// The step of the least ratio >= `least_ratio` for which `count` samples still give a frame; 0 if none does.
    int choose(float least_ratio, int count) const noexcept;

    /// Resamples with no memory of earlier calls and without filter transients; returns the samples written,
    /// at most `count`. Step >= 1.
    int run(int step, const std::complex<float>* in, int count, std::complex<float>* out) noexcept;

private:
    struct Resampler;
    std::vector<Resampler> resamplers_; ///< [k - 1]
    int frame_length_;
};

} // namespace prunedamr::dsp
