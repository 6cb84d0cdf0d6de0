// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/fft.h"

#include <complex>
#include <cstddef>
#include <vector>

namespace prunedamr::detect {

/// The time-frequency plane of one epoch at one resolution. A row is the power spectrum of `transform` samples under
/// a Kaiser window, half of a transform after the row before; a tile is the mean of `kRows` rows, so that it lasts
/// two transforms. Everything is allocated at construction.
class TileField
{
public:
    static constexpr int kRows = 4;
    static constexpr float kLooks = 3.7f;     ///< independent values in a bin of a tile
    static constexpr float kBinSpread = 1.9f; ///< bins that one independent value covers

    TileField(int transform, std::size_t epoch_samples);

    int bins() const noexcept { return transform_; }
    int tile_samples() const noexcept { return 2 * transform_; }
    int tiles() const noexcept { return next_row_ / kRows; } ///< complete ones
    int capacity() const noexcept { return capacity_; }

    /// Transforms the rows that lie within the `available` first samples of the epoch and were not done before.
    void advance(const std::complex<float>* epoch, std::size_t available) noexcept;

    void restart() noexcept { next_row_ = 0; } ///< with the next epoch

    /// [bins] of tile t, by rising frequency, bin b at (b - bins / 2) / bins cycles per sample; noise of power 1 per
    /// sample gives a mean of 1 in every bin. The floor turns them into ratios in place.
    float* tile(int t) noexcept { return field_.data() + static_cast<std::size_t>(t) * transform_; }
    const float* tile(int t) const noexcept { return field_.data() + static_cast<std::size_t>(t) * transform_; }

    /// First sample of what tile t stands for: the middle of its rows less half its length.
    double start_of(double t) const noexcept { return (2.0 * t + 0.25) * transform_; }
    /// Frequency of the lower edge of bin b, cycles per sample.
    double lower_edge(double b) const noexcept { return (b - 0.5) / transform_ - 0.5; }

private:
    int transform_, capacity_, next_row_ = 0;
    std::vector<float> window_, field_;
    std::vector<std::complex<float>> windowed_, transformed_;
    dsp::Fft fft_;
};

} // namespace prunedamr::detect
