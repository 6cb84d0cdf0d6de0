// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/measure/measurer.h"
#include "prunedamr/measure/numerics.h"

#include <cstddef>

namespace prunedamr::measure {

/// Where a signal is, roughly: the center may be wrong by 10 % of the bandwidth, the bandwidth by 30 %. In cycles per
/// sample; center in -0.5 .. 0.5, bandwidth in 0 .. 1.
struct RoughBand {
    double center = 0.0, bandwidth = 1.0;
    double passband = 1.0; ///< around 0: beyond it a filter has taken the noise away
};

/// What all estimators share: one transform of the decision, turned so that the rough center is in its middle, its
/// power density, the noise floor, and the width and center of the band at half its plateau. The half-power width of
/// linear modulation is its symbol rate, within 4 % for every root raised cosine.
class Front
{
public:
    explicit Front(Workspace& space);

    /// Takes the first `max_samples` samples, scaled to mean power 1. Returns false when there are fewer than 64, or
    /// when they are not finite or all zero; nothing else may be asked then.
    bool load(const Piece* pieces, std::size_t count, const RoughBand& band) noexcept;

    int samples() const noexcept { return samples_; }
    const Complex* time() const noexcept { return time_.data(); } ///< [samples]
    int bins() const noexcept { return bins_; }
    const Complex* spectrum() const noexcept { return spectrum_.data(); } ///< [bins], rising frequency
    const float* periodogram() const noexcept { return power_.data(); }   ///< [bins], |spectrum|^2 / samples
    const float* density() const noexcept { return density_.data(); }     ///< [bins], periodogram smoothed
    double bandwidth() const noexcept { return bandwidth_; }              ///< the rough one
    double center() const noexcept { return center_; }                    ///< frequency of bin bins() / 2
    double floor() const noexcept { return floor_; }         ///< density of the noise, at least 0.2 % of the plateau
    double plateau() const noexcept { return plateau_; }     ///< median density in the inner 70 % of the band
    double half_width() const noexcept { return half_width_; } ///< of the band where it is above half its plateau
    double centroid() const noexcept { return centroid_; }     ///< of that part, from center()
    double snr_db() const noexcept; ///< of the plateau over the floor; -30 where nothing stands out

    /// Bin of a frequency given from center(), within 0 .. bins() - 1.
    int bin(double offset) const noexcept;
    double offset(int bin) const noexcept { return static_cast<double>(bin - bins_ / 2) / bins_; }

    /// The band [first, last] of the spectrum, times weight[bin], as samples around frequency zero at a rate of
    /// `size` / bins() times the old one: `size` points of a transform, the bin `middle` at zero. Writes to
    /// out[resampled(size)], uses `space.a`; out is one of `space.b`, `space.c` or the caller's, of `size` elements.
    void extract(int first, int last, int middle, const float* weight, int size, Complex* out) const noexcept;
    int resampled(int size) const noexcept; ///< samples of the decision at that rate

private:
    void find_band() noexcept;

    Workspace& space_;
    std::vector<Complex> time_, spectrum_;
    std::vector<float> power_, density_;
    int samples_ = 0, bins_ = 0, smoothed_ = 1; ///< smoothed_: bins that a density is the mean of
    double bandwidth_ = 1.0, center_ = 0.0, passband_ = 1.0, floor_ = 0.0, plateau_ = 0.0, half_width_ = 0.0, centroid_ = 0.0;
};

} // namespace prunedamr::measure
