// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/noise_floor.h"
#include "prunedamr/dsp/welch_spectrum.h"

#include <vector>

namespace prunedamr::dsp {

/// Bins begin..end - 1 of a spectrum that one signal holds.
struct OccupiedBins {
    int begin = 0, end = 0;
    float power = 0.0f; ///< above the noise
    float noise = 0.0f; ///< within
    float peak = 0.0f;  ///< density, of one bin
};

/// All occupied bands of a wide spectrum. Where the density rises above the local noise floor by a margin there is
/// a signal, and it reaches down to a smaller margin; small dips are bridged. Of each such hill those parts count
/// that come within a range of its level, so that skirts neither widen a band nor become bands. That level leaves
/// out the few largest bins, so that a carrier does not hide its sidebands. Allocates at construction only.
class BandDetector
{
public:
    explicit BandDetector(int nfft); ///< a power of two >= 64

    /// Results are valid until the next call.
    void detect(const Spectrum& spectrum) noexcept;

    int count() const noexcept { return count_; }
    const OccupiedBins* bands() const noexcept { return bands_.data(); } ///< [count], by rising frequency
    const float* floor() const noexcept { return floor_; }               ///< [nfft], mean noise in each bin
    const float* smooth() const noexcept { return smooth_.data(); } ///< [nfft], mean of three neighboring bins

private:
    struct Margins {
        float on, off; ///< times the floor
    };
    struct Range {
        int begin, end;
    };

    Range next_hill(int from, Margins margins) const noexcept;
    float least_level(Range hill) noexcept;
    void split(Range hill, Margins margins) noexcept;
    void join_from(int first) noexcept;
    bool has_mirror(const OccupiedBins& band, const OccupiedBins& companion) const noexcept;
    void absorb_companions() noexcept;
    void measure(const Spectrum& spectrum, OccupiedBins& band) const noexcept;

    NoiseFloor noise_floor_;
    const float* floor_ = nullptr;
    std::vector<float> smooth_, ranked_;
    std::vector<OccupiedBins> bands_;
    int count_ = 0;
};

} // namespace prunedamr::dsp
