// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/welch_spectrum.h"

#include <vector>

namespace prunedamr::dsp {

/// Frequencies in cycles per sample.
struct Band {
    float center = 0.0f;
    float bandwidth = 1.0f; ///< 1 when the spectrum is flat: noise alone, or a signal that fills it
    float snr_db;           ///< in the band; NaN where no noise-only bins are visible
};

/// Finds the strongest occupied band of a spectrum: the contiguous bins above both the noise floor and a level
/// below the signal's peak. The peak ignores the few largest bins, so that a carrier does not hide its sidebands.
class BandFinder
{
public:
    BandFinder();
    Band find(const Spectrum& spectrum) noexcept;

private:
    struct Run {
        int begin, end;
        float power; ///< above the floor
        int width() const { return end - begin; }
    };

    struct Ranks {
        float floor;       ///< a quarter of the bins lies below
        float robust_peak; ///< a carrier's width of bins lies above
        float peak;
    };

    void smooth(const Spectrum& spectrum) noexcept;
    Ranks rank(int nfft) noexcept;
    void find_runs(int nfft, float threshold, float floor) noexcept;
    static bool are_tone_pair(const Run& a, const Run& b) noexcept;
    void join_runs(int longest_gap, bool join_tone_pairs) noexcept;
    Run strongest_run() const noexcept;
    float snr_db(const Spectrum& spectrum, Run band, float noise_limit) const noexcept;

    std::vector<float> smooth_, ranked_;
    std::vector<Run> runs_;
    int run_count_ = 0;
};

} // namespace prunedamr::dsp
