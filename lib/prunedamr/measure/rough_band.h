// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/occupied_band.h"
#include "prunedamr/dsp/welch_spectrum.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::measure {

/// The strongest occupied band of samples that nobody has looked at before: what a file's measurement starts from.
/// Allocates at construction only.
class RoughBandFinder
{
public:
    /// Center and bandwidth in cycles per sample; the whole band where the spectrum is flat.
    dsp::Band find(const std::complex<float>* samples, int count) noexcept
    {
        const dsp::Spectrum spectrum = welch_.measure(samples, count);
        dsp::Band band = finder_.find(spectrum, samples, count);
        while (spectrum.nfft > 0 && band.bandwidth * static_cast<float>(spectrum.nfft) > 16.0f && narrow(spectrum, band)) {
        }
        return band;
    }

private:
    /// Far above the noise the side lobes of a pulse without shaping are occupied too, over many times the symbol rate.
    /// Where a quarter of the band holds 80 % of its power, and that is no carrier, half of the band is enough.
    static bool narrow(const dsp::Spectrum& spectrum, dsp::Band& band) noexcept
    {
        const auto nfft = static_cast<float>(spectrum.nfft);
        const auto sum = [&](float low, float high, float& moment, float& most) {
            float total = 0.0f;
            for (int b = static_cast<int>(std::lround(low * nfft)); b <= static_cast<int>(std::lround(high * nfft)); ++b) {
                const float power = spectrum.psd[(b + 3 * spectrum.nfft / 2) % spectrum.nfft];
                total += power;
                moment += power * static_cast<float>(b) / nfft;
                most = std::max(most, power);
            }
            return total;
        };
        float moment = 0.0f, most = 0.0f, unused = 0.0f;
        const float half = band.bandwidth / 2.0f, total = sum(band.center - half, band.center + half, moment, most);
        if (!(total > 0.0f) || most > 0.3f * total)
            return false;
        const float center = moment / total;
        if (sum(center - half / 4.0f, center + half / 4.0f, unused, unused) < 0.8f * total)
            return false;
        band.center = center;
        band.bandwidth = half;
        return true;
    }

    dsp::WelchSpectrum welch_;
    dsp::BandFinder finder_;
};

} // namespace prunedamr::measure
