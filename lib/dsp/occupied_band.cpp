// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/occupied_band.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunedamr::dsp {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Independent averages that a mean over three neighbouring Hann bins is worth (bin correlation 4/9 and 1/36).
constexpr float kSmoothingGain = 1.86f;

/// The floor is read where a quarter of the bins lies below: signals up to 3/4 of the band leave it visible,
/// and a receiver's roll-off at the band edges does not pull it down.
constexpr float kFloorQuantile = 0.25f;
constexpr float kFloorQuantileNormal = -0.6745f; ///< the standard normal's quantile there

constexpr float kLeastFloorMargin = 2.0f;    ///< 3 dB: an in-band SNR of 0 dB is still found
constexpr float kFloorMarginSigmas = 6.0f;   ///< no noise bin of a block should pass
constexpr float kBelowRobustPeak = 3.16e-3f; ///< -25 dB: leaves out spectral skirts of strong signals
constexpr float kBelowPeak = 3.16e-5f;       ///< -45 dB: leaves out window leakage and phase noise of carriers
constexpr int kRobustPeakShare = 80;         ///< nfft / this many bins are ignored: a smoothed carrier's width
constexpr int kGapShare = 64;                ///< gaps up to nfft / this are bridged always
constexpr int kPairGap = 2;                  ///< tone pair: gap at most so many times the wider one's width
constexpr int kPairWidths = 3;               ///< tone pair: widths differ at most by this factor
constexpr float kPairPowers = 0.4f;          ///< tone pair: powers differ at most by 4 dB
constexpr int kGuardBins = 4;                ///< left out on both sides of the band when noise is measured
constexpr int kLeastNoiseShare = 32;         ///< fewest noise bins: nfft / this

/// Mean of a gamma variable with `shape` over its quantile at `kFloorQuantile` (Wilson and Hilferty).
float quantile_to_mean(float shape)
{
    const float root = 1.0f - 1.0f / (9.0f * shape) + kFloorQuantileNormal / (3.0f * std::sqrt(shape));
    return 1.0f / (root * root * root);
}

} // namespace

BandFinder::BandFinder()
    : smooth_(WelchSpectrum::kMaxNfft), ranked_(WelchSpectrum::kMaxNfft), runs_(WelchSpectrum::kMaxNfft)
{
}

Band BandFinder::find(const Spectrum& spectrum) noexcept
{
    const Band everything{ 0.0f, 1.0f, kNaN };
    const int n = spectrum.nfft;
    if (n == 0)
        return everything;
    smooth(spectrum);
    const Ranks ranks = rank(n);
    const float shape = kSmoothingGain * static_cast<float>(spectrum.averages);
    const float floor = ranks.floor * quantile_to_mean(shape);
    const float margin = std::max(kLeastFloorMargin, 1.0f + kFloorMarginSigmas / std::sqrt(shape));
    const float threshold =
        std::max({ floor * margin, ranks.robust_peak * kBelowRobustPeak, ranks.peak * kBelowPeak });

    find_runs(n, threshold, floor);
    if (run_count_ == 0)
        return everything;
    join_runs(n / kGapShare, false);
    join_runs(n / kGapShare, true);
    const Run band = strongest_run();
    if (band.width() >= n)
        return everything;
    const float center = 0.5f * static_cast<float>(band.begin + band.end - 1 - n) / static_cast<float>(n);
    const float bandwidth = static_cast<float>(band.width()) / static_cast<float>(n);
    return { center, bandwidth, snr_db(spectrum, band, std::max(threshold, floor * margin)) };
}

/// Mean over three bins, around the end as the spectrum of a sampled signal does.
void BandFinder::smooth(const Spectrum& spectrum) noexcept
{
    const float* psd = spectrum.psd;
    const int last = spectrum.nfft - 1;
    smooth_[0] = (psd[last] + psd[0] + psd[1]) / 3.0f;
    for (int i = 1; i < last; ++i)
        smooth_[i] = (psd[i - 1] + psd[i] + psd[i + 1]) / 3.0f;
    smooth_[last] = (psd[last - 1] + psd[last] + psd[0]) / 3.0f;
}

/// What sorting the smoothed bins would show, without sorting all of them.
BandFinder::Ranks BandFinder::rank(int nfft) noexcept
{
    const auto begin = ranked_.begin(), end = begin + nfft;
    std::copy_n(smooth_.begin(), nfft, begin);
    const auto floor = begin + static_cast<int>(kFloorQuantile * nfft), peak = end - 1 - nfft / kRobustPeakShare;
    std::nth_element(begin, peak, end);
    const float largest = *std::max_element(peak, end), robust = *peak;
    std::nth_element(begin, floor, peak);
    return { *floor, robust, largest };
}

void BandFinder::find_runs(int nfft, float threshold, float floor) noexcept
{
    run_count_ = 0;
    bool inside = false;
    for (int i = 0; i < nfft; ++i) {
        const bool above = smooth_[i] > threshold;
        if (above && !inside)
            runs_[run_count_++] = { i, i, 0.0f };
        if (above) {
            runs_[run_count_ - 1].end = i + 1;
            runs_[run_count_ - 1].power += smooth_[i] - floor;
        }
        inside = above;
    }
}

/// Two lobes alike in power and width, and not far apart: the tones of FSK with a large index.
bool BandFinder::are_tone_pair(const Run& a, const Run& b) noexcept
{
    const auto [narrow, wide] = std::minmax({ a.width(), b.width() });
    const auto [weak, strong] = std::minmax({ a.power, b.power });
    return b.begin - a.end <= kPairGap * wide && wide <= kPairWidths * narrow && weak >= kPairPowers * strong;
}

void BandFinder::join_runs(int longest_gap, bool join_tone_pairs) noexcept
{
    int kept = 0;
    for (int i = 1; i < run_count_; ++i) {
        Run& left = runs_[kept];
        const Run& right = runs_[i];
        if (right.begin - left.end <= longest_gap || (join_tone_pairs && are_tone_pair(left, right)))
            left = { left.begin, right.end, left.power + right.power };
        else
            runs_[++kept] = right;
    }
    run_count_ = kept + 1;
}

BandFinder::Run BandFinder::strongest_run() const noexcept
{
    return *std::max_element(runs_.begin(), runs_.begin() + run_count_,
                             [](const Run& a, const Run& b) { return a.power < b.power; });
}

/// Signal over noise within the band; the noise density is that of the bins outside it that no other signal holds.
float BandFinder::snr_db(const Spectrum& spectrum, Run band, float noise_limit) const noexcept
{
    float noise = 0.0f, inside = 0.0f;
    int noise_bins = 0;
    for (int i = 0; i < spectrum.nfft; ++i) {
        if (i >= band.begin && i < band.end)
            inside += spectrum.psd[i];
        else if ((i < band.begin - kGuardBins || i >= band.end + kGuardBins) && smooth_[i] < noise_limit) {
            noise += spectrum.psd[i];
            ++noise_bins;
        }
    }
    if (noise_bins < spectrum.nfft / kLeastNoiseShare || !(noise > 0.0f))
        return kNaN;
    const float noise_inside = noise / static_cast<float>(noise_bins) * static_cast<float>(band.width());
    const float signal = std::max(inside - noise_inside, 1e-3f * noise_inside);
    return 10.0f * std::log10(signal / noise_inside);
}

} // namespace prunedamr::dsp
