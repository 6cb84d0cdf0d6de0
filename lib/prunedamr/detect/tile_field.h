// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/fft.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace prunedamr::detect {

/// The time-frequency plane of one epoch at one resolution. A row is the power spectrum of `transform` samples
/// under a Kaiser window, `hop` samples after the row before; a tile is the mean of `kRows` rows. Everything is
/// allocated at construction.
class TileField
{
public:
    static constexpr int kRows = 4;
    static constexpr float kLooks = 4.0f;     ///< independent values in a bin of a tile
    static constexpr float kBinSpread = 1.9f; ///< bins that one independent value covers

    /// `transform`: a power of two from 16 on; `hop`: half of it, which sees every sample, or all of it, which
    /// costs half as much and sees half of them; 0: half.
    TileField(int transform, std::size_t epoch_samples, int hop = 0);

    int bins() const noexcept { return transform_; }
    int tile_samples() const noexcept { return kRows * hop_; }
    int tiles() const noexcept { return next_row_ / kRows; } ///< complete ones
    int capacity() const noexcept { return capacity_; }

    /// Transforms the rows that lie before sample `end` of the epoch and were not done before. samples[0] is the
    /// epoch's sample `first`, at or before the next row; before the epoch it is negative.
    void advance(const std::complex<float>* samples, std::ptrdiff_t end, std::ptrdiff_t first = 0) noexcept;

    void restart() noexcept { next_row_ = 0; } ///< with the next epoch

    /// [bins] of tile t, by rising frequency, bin b at (b - bins / 2) / bins cycles per sample; noise of power 1
    /// per sample gives a mean of 1 in every bin. The floor turns them into ratios in place.
    float* tile(int t) noexcept { return field_.data() + static_cast<std::size_t>(t) * transform_; }
    const float* tile(int t) const noexcept { return field_.data() + static_cast<std::size_t>(t) * transform_; }

    /// First sample of what tile t stands for: the middle of its rows less half its length.
    double start_of(double t) const noexcept { return tile_samples() * t + 0.5 * (transform_ - hop_); }
    /// Frequency of the lower edge of bin b, cycles per sample.
    double lower_edge(double b) const noexcept { return (b - 0.5) / transform_ - 0.5; }

private:
    void transform_row(const std::complex<float>* samples) noexcept;
    void transform_long_row(const std::complex<float>* samples) noexcept;
    void store_long_tile(float* tile) noexcept;

    int transform_, hop_, capacity_, next_row_ = 0;
    int columns_; ///< 1, or of a long transform the first of two factors
    std::vector<float> window_, field_, sum_;
    std::vector<std::complex<float>> windowed_, transformed_, between_, twiddles_;
    dsp::Fft column_fft_, fft_;
};

} // namespace prunedamr::detect
