// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/welch_spectrum.h"

#include <complex>
#include <vector>

namespace prunedamr::dsp {

/// Frequencies in cycles per sample.
struct Band {
    float center = 0.0f;
    float bandwidth = 1.0f; ///< 1 when the spectrum is flat: noise alone, or a signal that fills it
    float snr_db;           ///< in the band; NaN where no noise is visible beside it
};

/// Finds the strongest occupied band of a spectrum: the contiguous bins above both the noise floor and a level
/// below the signal's peak. The peak ignores the few largest bins, so that a carrier does not hide its sidebands.
/// Two lobes alike are one band where the envelope is steady, as that of FSK is (one tone rests while the other
/// sounds), or where they rise and fall together, as sidebands do. Two neighbors beat. What looks like a carrier
/// in white noise is the whole band where the noise is in phase with the carrier: pulses as short as a sample.
/// A carrier that is keyed slowly has the band of its pulses, however far a strong one's skirts reach.
class BandFinder
{
public:
    BandFinder();

    /// `samples`: those that the spectrum was measured on.
    Band find(const Spectrum& spectrum, const std::complex<float>* samples, int count) noexcept;

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

    struct Envelope {
        const std::complex<float>* samples;
        int count;
        float noise_power;
        float fourth_moment(int stretch) const noexcept;
        float squared_line(float frequency, int stretch) const noexcept;
        float mean_pulse() const noexcept;
        float power() const noexcept;
    };

    Ranks rank(int nfft) noexcept;
    void find_runs(int nfft, float threshold, float floor) noexcept;
    void bridge_gaps(int longest_gap) noexcept;
    static bool are_alike(const Run& a, const Run& b) noexcept;
    static bool belong_together(const Run& band, const Run& lobe, const Envelope& envelope) noexcept;
    Run with_its_like(const Run& lobe, const Envelope& envelope) noexcept;
    Run strongest_run() const noexcept;
    static bool is_line_of_pulses(const Run& band, int nfft, const Envelope& envelope) noexcept;
    Run band_of_pulses(const Run& band, int nfft, const Envelope& envelope) const noexcept;
    float snr_db(const Spectrum& spectrum, Run band, float noise_limit) const noexcept;

    std::vector<float> smooth_, ranked_;
    std::vector<Run> runs_;
    int run_count_ = 0;
};

} // namespace prunedamr::dsp
