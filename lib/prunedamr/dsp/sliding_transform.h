// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <memory>

namespace prunedamr::dsp {

/// DFTs of a stream without a window: segments of `nfft` samples, each half over the one before. Before the stream
/// there are zeros, so that the first segment is complete with the first nfft / 2 samples. Non-finite samples count
/// as zero. Everything is allocated at construction; one object per thread.
class SlidingTransform
{
public:
    explicit SlidingTransform(int nfft); ///< a power of two >= 4
    ~SlidingTransform();
    SlidingTransform(SlidingTransform&&) noexcept;

    int nfft() const noexcept;
    int hop() const noexcept { return nfft() / 2; }

    /// Takes samples up to the end of the segment that is under way; returns how many.
    std::size_t add(const std::complex<float>* samples, std::size_t count) noexcept;

    bool is_full() const noexcept; ///< the segment; then `transform` or `skip` comes before more samples

    /// sum x[n] exp(-2 pi i k n / nfft) of the full segment, to spectrum[nfft] at any alignment.
    void transform(std::complex<float>* spectrum) noexcept;
    void skip() noexcept;

    /// As before the first sample.
    void reset() noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::dsp
