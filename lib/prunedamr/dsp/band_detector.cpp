// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/band_detector.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace prunedamr::dsp {
namespace {

constexpr float kLeastOn = 3.16f, kOnSigmas = 7.0f;  ///< 5 dB, and no bin of noise in a day
constexpr float kLeastOff = 1.6f, kOffSigmas = 3.0f; ///< 2 dB
constexpr float kSkirts = 1e-3f;                     ///< -30 dB from the robust peak
constexpr float kBelowLevel = 1e-2f;                 ///< -20 dB
constexpr float kBelowPeak = 3.16e-5f; ///< -45 dB: leaves out window leakage and phase noise of carriers
constexpr int kLineBins = 6;           ///< a smoothed carrier's width
constexpr int kBridgedBins = 3;        ///< dips up to this are bridged always,
constexpr float kBridgedShare = 0.5f;  ///< between bands of like peaks up to this of the narrower one
constexpr float kLikePeaks = 4.0f;     ///< within 6 dB
constexpr float kCompanion = 0.1f;     ///< side lobes are 10 dB below their signal, at least,
constexpr int kCompanionWidths = 2;    ///< and not farther from it than two of its widths,
constexpr int kSidebandBins = 64;      ///< sidebands not farther from their carrier than this,
constexpr float kAlike = 4.0f;         ///< and both alike within 6 dB,
constexpr int kSlackShare = 8;         ///< at distances that differ by no more than the band's width over this

} // namespace

BandDetector::BandDetector(int nfft)
    : noise_floor_(nfft), smooth_(static_cast<std::size_t>(nfft)), ranked_(static_cast<std::size_t>(nfft)),
      bands_(static_cast<std::size_t>(nfft))
{
}

void BandDetector::detect(const Spectrum& spectrum) noexcept
{
    smooth_bins(spectrum, smooth_.data());
    const float shape = kSmoothingGain * static_cast<float>(spectrum.averages);
    floor_ = noise_floor_.measure(smooth_.data(), shape);
    const Margins margins{ std::max(kLeastOn, 1.0f + kOnSigmas / std::sqrt(shape)),
                           std::max(kLeastOff, 1.0f + kOffSigmas / std::sqrt(shape)) };
    count_ = 0;
    for (Range hill = next_hill(0, margins); hill.begin < hill.end; hill = next_hill(hill.end, margins))
        split(hill, margins);
    join_from(0);
    absorb_companions();
    for (int i = 0; i < count_; ++i)
        measure(spectrum, bands_[i]);
}

/// The first run of bins above the off margin, from `from` on, that somewhere rises above the on margin; dips are
/// bridged. Empty when there is none.
BandDetector::Range BandDetector::next_hill(int from, Margins margins) const noexcept
{
    const auto n = static_cast<int>(smooth_.size());
    Range hill{ from, from };
    bool risen = false;
    for (int i = from; i < n; ++i) {
        if (smooth_[i] <= margins.off * floor_[i])
            continue;
        if (i - hill.end > kBridgedBins) {
            if (risen)
                return hill;
            hill.begin = i;
        }
        if (hill.end == from)
            hill.begin = i;
        hill.end = i + 1;
        risen = risen || smooth_[i] > margins.on * floor_[i];
    }
    return risen ? hill : Range{ n, n };
}

/// What the parts of a hill must reach. Of the bins within a range of a robust peak, without skirts that is, a
/// quarter lies above the level from which it is counted: lines within a band do not raise it.
float BandDetector::least_level(Range hill) noexcept
{
    const auto begin = ranked_.begin();
    const auto end = std::copy(smooth_.begin() + hill.begin, smooth_.begin() + hill.end, begin);
    const int width = hill.end - hill.begin;
    const auto rank = begin + std::max(0, std::min(kLineBins, width - kLineBins));
    std::nth_element(begin, rank, end, std::greater<>());
    const float robust_peak = *rank, peak = *std::max_element(begin, rank + 1);
    const auto strong_end = std::partition(rank, end, [&](float x) { return x > kSkirts * robust_peak; });
    const auto quarter = begin + (strong_end - begin) / 4;
    std::nth_element(begin, quarter, strong_end, std::greater<>());
    return std::max(kBelowLevel * *quarter, kBelowPeak * peak);
}

void BandDetector::split(Range hill, Margins margins) noexcept
{
    const float level = least_level(hill);
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
    for (int i = first; i < count_; ++i) {
        OccupiedBins right = bands_[i];
        right.peak = *std::max_element(smooth_.begin() + right.begin, smooth_.begin() + right.end);
        OccupiedBins& left = bands_[kept];
        const int narrower = std::min(left.end - left.begin, right.end - right.begin);
        const bool like = left.peak < kLikePeaks * right.peak && right.peak < kLikePeaks * left.peak;
        const int bridged = like ? static_cast<int>(kBridgedShare * static_cast<float>(narrower)) : 0;
        if (i > first && right.begin - left.end <= std::max(kBridgedBins, bridged)) {
            left.end = right.end;
            left.peak = std::max(left.peak, right.peak);
        } else {
            bands_[i == first ? kept : ++kept] = right;
        }
    }
    count_ = kept + 1;
}

/// Whether about the same stands at about the same distance on the other side of `band`, as far as can be seen.
bool BandDetector::has_mirror(const OccupiedBins& band, const OccupiedBins& companion) const noexcept
{
    const int slack = std::max(kBridgedBins, (band.end - band.begin) / kSlackShare);
    const bool above = companion.begin >= band.end;
    const int begin = band.begin + band.end - companion.end - slack;
    const int end = band.begin + band.end - companion.begin + slack;
    const auto first = smooth_.begin() + std::max(begin, above ? 0 : band.end);
    const auto last = smooth_.begin() + std::min(end, above ? band.begin : static_cast<int>(smooth_.size()));
    if (first >= last)
        return true;
    const float there = *std::max_element(first, last);
    return companion.peak < kAlike * there && there < kAlike * companion.peak;
}

/// What stands on both sides of a stronger band alike is a part of it: side lobes, which are left out, or the
/// sidebands of a carrier, which widen it.
void BandDetector::absorb_companions() noexcept
{
    const auto is_companion = [this](const OccupiedBins& band, const OccupiedBins& other) {
        const int width = band.end - band.begin;
        const int reach = width <= 2 * kLineBins ? kSidebandBins : kCompanionWidths * width;
        const int gap = std::max(other.begin - band.end, band.begin - other.end);
        return other.peak < kCompanion * band.peak && gap >= 0 && gap <= reach && has_mirror(band, other);
    };
    for (int i = 0; i < count_; ++i) {
        const OccupiedBins band = bands_[i];
        int reach = 0; // of the sidebands from the middle, twice
        for (int j = 0; j < count_; ++j) {
            OccupiedBins& other = bands_[j];
            if (!is_companion(band, other))
                continue;
            reach =
                std::max({ reach, 2 * other.end - band.begin - band.end, band.begin + band.end - 2 * other.begin });
            other.peak = 0.0f;
        }
        if (reach > 0 && band.end - band.begin <= 2 * kLineBins) {
            bands_[i].begin = (band.begin + band.end - reach) / 2;
            bands_[i].end = (band.begin + band.end + reach) / 2;
        }
    }
    count_ = static_cast<int>(std::remove_if(bands_.begin(), bands_.begin() + count_,
                                             [](const OccupiedBins& band) { return band.peak == 0.0f; }) -
                              bands_.begin());
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
