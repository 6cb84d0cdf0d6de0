// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/resampler.h"

#include <complex>
#include <memory>
#include <vector>

namespace prunedamr::dsp {

/// Channels out of the segments of a `SlidingTransform` (fast convolution, overlap-save): the bins of a channel,
/// weighted, transformed back by a DFT of their number, give the channel at the rate length / nfft; what is at its
/// middle bin comes to zero frequency. The middle half of every segment is kept, so that the outputs of one segment
/// after the other make a stream without seams, a quarter of a segment later than the samples that complete it.
/// Powers are those of the input. Plans for all lengths and buffers are made at construction; one object per
/// thread.
class ChannelBank
{
public:
    static constexpr int kLeastLength = 64;

    explicit ChannelBank(int nfft); ///< a power of two >= 64

    ~ChannelBank();
    ChannelBank(ChannelBank&&) noexcept;

    /// The least length (4, 5 or 6 times a power of two, 64..nfft) of at least `bins`; nfft when there is none.
    int length_for(double bins) const noexcept;

    /// Weights of a channel that passes the inner three quarters: [length], the lowest frequency first, with a
    /// cosine edge on either side.
    void write_weights(int length, float* weights) const noexcept;

    /// `spectrum` [nfft] in the DFT's own order, `middle` its bin that goes to zero (-nfft / 2..nfft / 2 - 1),
    /// `odd` whether it is that of an odd-numbered segment; to out[length / 2].
    void run(const std::complex<float>* spectrum, int middle, bool odd, const float* weights, int length,
             std::complex<float>* out) noexcept;

private:
    struct Inverse;
    void warm_up();
    Inverse& inverse(int length) const noexcept; ///< the shortest that is no shorter

    int nfft_;
    std::vector<std::unique_ptr<Inverse>> inverses_; ///< by rising length
};

/// Takes a channel out of blocks of a wideband stream: shifts its center to zero, then low-pass filters and
/// decimates. Each block stands alone. Frequencies are in cycles per input sample.
class Channel
{
public:
    /// The output's rate is the least 2^(-k/4) of the input's that is at least `least_ratio`; of that rate +-0.35
    /// are passed, and what would alias into them is 60 dB down. `output_length`: samples that a full block shall
    /// give. A block takes no more than 4 Mi samples; the rate stays higher where it would have to.
    Channel(double center, double least_ratio, int output_length);

    double ratio() const; ///< output samples per input sample

    /// Input samples for a full block.
    int input_length() const { return input_length_; }

    /// `count` samples, up to input_length(), which are overwritten, to at most output_length samples of the
    /// channel; returns how many.
    int process(std::complex<float>* samples, int count, std::complex<float>* out);

private:
    float center_;
    int output_length_;
    int input_length_;
    std::vector<int> steps_; ///< of the bank, one after the other
    ResamplerBank bank_;
    std::vector<std::complex<float>> between_;
};

} // namespace prunedamr::dsp
