// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace prunedamr::dsp {

/// What is cut out of a stream; frequencies in cycles per input sample.
struct CutBand {
    double center = 0.0;          ///< comes to zero frequency
    double low = -0.5, high = 0.5; ///< edges of the filter, at half amplitude
    double transition = 0.1;      ///< from pass to stop band
    int decimation = 1;           ///< input samples per output sample, of `BandExtractor::decimation_for`
};

/// Samples of a stream, the first of which has the number `origin`. Others count as zero.
struct StreamWindow {
    const std::complex<float>* samples = nullptr;
    std::size_t count = 0;
    std::uint64_t origin = 0;
    std::complex<float> constant{}; ///< is taken out
};

/// Cuts a band out of a wideband stream: shift, filter, decimate. Output n lies at the input's time n * decimation, so
/// that pieces cut one after the other join without a seam. Two stages: a short filter of complex weights takes the
/// samples to four times the output's rate, a long one draws the edges there; the first costs some five complex
/// products per input sample whatever the decimation, and nothing is spent on samples that no output sees. What would
/// alias is 60 dB down. Allocates at construction only; one object per thread.
class BandExtractor
{
public:
    static constexpr int kMaxDecimation = 1 << 14;

    BandExtractor();

    /// The largest decimation that leaves a rate of at least `least_ratio` of the input's.
    static int decimation_for(double least_ratio) noexcept;

    /// Input samples that an output sees on either side of its time.
    static std::uint64_t reach(const CutBand& band) noexcept;

    /// Outputs number first..first + count - 1 to out[count].
    void run(const CutBand& band, const StreamWindow& in, std::uint64_t first, int count,
             std::complex<float>* out) noexcept;

private:
    /// Weights of one stage, real and imaginary parts apart, each twice: for I and for Q.
    struct Stage {
        std::vector<float> real, imaginary;
        int taps = 0; ///< the middle one, taps / 2, lies at the output's time
        std::complex<double> sum;
        void set(int tap, std::complex<double> weight) noexcept;
        std::complex<float> at(const StreamWindow& in, std::int64_t time) const noexcept;
    };

    void design_coarse(const CutBand& band, int step) noexcept;
    void design_fine(const CutBand& band, int step) noexcept;

    std::vector<double> prototype_; ///< of the coarse stage, over its reach
    Stage coarse_, fine_;
    std::vector<std::complex<float>> between_;
};

} // namespace prunedamr::dsp
