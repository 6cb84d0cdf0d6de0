// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/band_detector.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace prunedamr::dsp {
namespace {

/// Independent averages that a mean over three neighbouring Hann bins is worth (bin correlation 4/9 and 1/36).
constexpr float kSmoothingGain = 1.86f;

constexpr float kLeastOn = 2.5f, kOnSigmas = 7.0f;   ///< 4 dB, and no bin of noise in a day
constexpr float kLeastOff = 1.6f, kOffSigmas = 3.0f; ///< 2 dB
constexpr float kBelowLevel = 3.16e-3f;              ///< -25 dB: leaves out skirts of strong signals
constexpr float kBelowPeak = 3.16e-5f; ///< -45 dB: leaves out window leakage and phase noise of carriers
constexpr int kLineBins = 6;           ///< a smoothed carrier's width
constexpr int kBridgedBins = 3;        ///< dips up to this are bridged always,
constexpr float kBridgedShare = 0.5f;  ///< and up to this of the narrower of the bands on both sides

} // namespace

BandDetector::BandDetector(int nfft)
    : noise_floor_(nfft), smooth_(static_cast<std::size_t>(nfft)), ranked_(static_cast<std::size_t>(nfft)),
      bands_(static_cast<std::size_t>(nfft))
{
}

void BandDetector::detect(const Spectrum& spectrum) noexcept
{
    smooth(spectrum);
    const float shape = kSmoothingGain * static_cast<float>(spectrum.averages);
    floor_ = noise_floor_.measure(smooth_.data(), shape);
    const Margins margins{ std::max(kLeastOn, 1.0f + kOnSigmas / std::sqrt(shape)),
                           std::max(kLeastOff, 1.0f + kOffSigmas / std::sqrt(shape)) };
    count_ = 0;
    for (Range hill = next_hill(0, margins); hill.begin < hill.end; hill = next_hill(hill.end, margins))
        split(hill, margins);
    join_from(0);
    for (int i = 0; i < count_; ++i)
        measure(spectrum, bands_[i]);
}

void BandDetector::smooth(const Spectrum& spectrum) noexcept
{
    const float* psd = spectrum.psd;
    const int last = spectrum.nfft - 1;
    smooth_[0] = (psd[last] + psd[0] + psd[1]) / 3.0f;
    for (int i = 1; i < last; ++i)
        smooth_[i] = (psd[i - 1] + psd[i] + psd[i + 1]) / 3.0f;
    smooth_[last] = (psd[last - 1] + psd[last] + psd[0]) / 3.0f;
}

/// The first run of bins above the off margin, from `from` on, that somewhere rises above the on margin; empty when
/// there is none.
BandDetector::Range BandDetector::next_hill(int from, Margins margins) const noexcept
{
    const auto n = static_cast<int>(smooth_.size());
    for (int i = from; i < n; ++i) {
        bool risen = false;
        const int begin = i;
        for (; i < n && smooth_[i] > margins.off * floor_[i]; ++i)
            risen = risen || smooth_[i] > margins.on * floor_[i];
        if (risen)
            return { begin, i };
    }
    return { n, n };
}

/// What the parts of a hill are held against.
float BandDetector::level_of(Range hill) noexcept
{
    const int width = hill.end - hill.begin;
    std::copy_n(smooth_.data() + hill.begin, width, ranked_.data());
    const int rank = std::max(0, std::min(kLineBins, width - kLineBins));
    std::nth_element(ranked_.data(), ranked_.data() + rank, ranked_.data() + width, std::greater<>());
    const float peak = *std::max_element(ranked_.data(), ranked_.data() + rank + 1);
    return std::max(kBelowLevel * ranked_[rank], kBelowPeak * peak);
}

void BandDetector::split(Range hill, Margins margins) noexcept
{
    const float level = level_of(hill);
    const int first = count_;
    bool inside = false;
    for (int i = hill.begin; i < hill.end; ++i) {
        const bool above = smooth_[i] > level;
        if (above && !inside)
            bands_[count_++].begin = i;
        if (above)
            bands_[count_ - 1].end = i + 1;
        inside = above;
    }
    join_from(first);
    const auto stays_low = [&](const OccupiedBins& band) {
        for (int i = band.begin; i < band.end; ++i)
            if (smooth_[i] > margins.on * floor_[i])
                return false;
        return true;
    };
    count_ = static_cast<int>(std::remove_if(bands_.begin() + first, bands_.begin() + count_, stays_low) -
                              bands_.begin());
}

/// Bridges dips between bands number `first` and later.
void BandDetector::join_from(int first) noexcept
{
    if (count_ <= first)
        return;
    int kept = first;
    for (int i = first + 1; i < count_; ++i) {
        OccupiedBins& left = bands_[kept];
        const OccupiedBins& right = bands_[i];
        const int narrower = std::min(left.end - left.begin, right.end - right.begin);
        const int bridged = std::max(kBridgedBins, static_cast<int>(kBridgedShare * static_cast<float>(narrower)));
        if (right.begin - left.end <= bridged)
            left.end = right.end;
        else
            bands_[++kept] = right;
    }
    count_ = kept + 1;
}

void BandDetector::measure(const Spectrum& spectrum, OccupiedBins& band) const noexcept
{
    double all = 0.0, noise = 0.0;
    for (int i = band.begin; i < band.end; ++i) {
        all += static_cast<double>(spectrum.psd[i]);
        noise += static_cast<double>(floor_[i]);
    }
    band.noise = static_cast<float>(noise);
    band.power = static_cast<float>(std::max(all - noise, 1e-3 * noise));
}

} // namespace prunedamr::dsp
