// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/occupied_band.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace prunedamr::dsp {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

constexpr float kQuartile = 0.25f;

/// Mean of a gamma variable with `shape` over its lower quartile (Wilson and Hilferty): turns the bin below which a
/// quarter of averaged noise bins lies into their mean.
float mean_over_quartile(float shape) noexcept
{
    constexpr float kNormalQuartile = -0.6745f;
    const float root = 1.0f - 1.0f / (9.0f * shape) + kNormalQuartile / (3.0f * std::sqrt(shape));
    return 1.0f / (root * root * root);
}

constexpr float kLeastFloorMargin = 2.0f;    ///< 3 dB: an in-band SNR of 0 dB is still found
constexpr float kFloorMarginSigmas = 6.0f;   ///< no noise bin of a block should pass
constexpr float kBelowRobustPeak = 3.16e-3f; ///< -25 dB: leaves out spectral skirts of strong signals
constexpr float kBelowPeak = 3.16e-5f;       ///< -45 dB: leaves out window leakage and phase noise of carriers
constexpr int kRobustPeakShare = 80;         ///< nfft / this many bins are ignored: a smoothed carrier's width
constexpr int kGapShare = 64;                ///< gaps up to nfft / this are bridged always
constexpr float kPairGap = 4.0f;             ///< tone pair: gap at most so many times the wider one's width
constexpr int kPairWidths = 3;               ///< tone pair: widths differ at most by this factor
constexpr float kPairPowers = 0.4f;          ///< tone pair: powers differ at most by 4 dB
constexpr float kSidebandGap = 2.0f;         ///< pair of sidebands: the same
constexpr float kCloseGap = 0.35f;           ///< closer than this share of the width lobes belong together anyhow
constexpr int kBeatSamples = 64;             ///< envelopes are compared within so many: slower changes are fading
constexpr float kSteady = 1.25f;             ///< fourth moment between that of a steady envelope and a beat
constexpr float kInStep = 2.5f;        ///< between 2, two that know nothing of each other, and 3, two sidebands
constexpr int kLineBins = 10;          ///< a carrier that is keyed in packets has at most so many bins ...
constexpr int kLineShare = 8;          ///< ... or nfft / this
constexpr float kLeastRest = 0.25f;    ///< pulses of a sample have at least this share of their power beside it ...
constexpr float kInPhase = 0.4f;       ///< ... and so much of that, noise included, is in phase with it
constexpr int kLeastPulses = 3;        ///< a carrier is keyed with at least so many in a block ...
constexpr float kShortestPulse = 64;   ///< ... of at least so many samples in the mean ...
constexpr int kPulseLook = 8;          ///< (looked at every so many samples)
constexpr float kPulseLevel = 0.25f;   ///< ... above this share of their power ...
constexpr float kPauseLevel = 0.01f;   ///< ... while less than this is left between them
constexpr float kPulseLobes = 32.0f;   ///< its band times the mean pulse, which is that of two chips
constexpr int kPulseLine = 4;          ///< share of that band that a carrier with its keying needs least ...
constexpr float kPulsePower = 0.7f;    ///< ... for so much of the power: else the pulses are modulated
constexpr int kGuardBins = 4;          ///< left out on both sides of the band when noise is measured
constexpr float kLargestSnrDb = 55.0f; ///< above it the floor is the stop band of some filter, not noise
constexpr int kLeastNoiseShare = 32;   ///< fewest noise bins: nfft / this

} // namespace

BandFinder::BandFinder()
    : smooth_(WelchSpectrum::kMaxNfft), ranked_(WelchSpectrum::kMaxNfft), runs_(WelchSpectrum::kMaxNfft)
{
}

Band BandFinder::find(const Spectrum& spectrum, const std::complex<float>* samples, int count) noexcept
{
    const Band everything{ 0.0f, 1.0f, kNaN };
    const int n = spectrum.nfft;
    if (n == 0)
        return everything;
    smooth_bins(spectrum, smooth_.data());
    const Ranks ranks = rank(n);
    const float shape = kSmoothingGain * static_cast<float>(spectrum.averages);
    // Signals up to 3/4 of the band leave the quartile to the noise, and a roll-off at the edges does not pull it
    // down.
    const float floor = ranks.floor * mean_over_quartile(shape);
    const float margin = std::max(kLeastFloorMargin, 1.0f + kFloorMarginSigmas / std::sqrt(shape));
    const float threshold =
        std::max({ floor * margin, ranks.robust_peak * kBelowRobustPeak, ranks.peak * kBelowPeak });

    find_runs(n, threshold, floor);
    if (run_count_ == 0)
        return everything;
    bridge_gaps(n / kGapShare);
    const Envelope envelope{ samples, count, floor * static_cast<float>(n) };
    const Run lobes = with_its_like(strongest_run(), envelope);
    if (is_line_of_pulses(lobes, n, envelope))
        return everything;
    const Run band = band_of_pulses(lobes, n, envelope);
    if (band.width() >= n)
        return everything;
    const float center = 0.5f * static_cast<float>(band.begin + band.end - 1 - n) / static_cast<float>(n);
    const float bandwidth = static_cast<float>(band.width()) / static_cast<float>(n);
    return { center, bandwidth, snr_db(spectrum, band, floor * margin) };
}

/// What sorting the smoothed bins would show, without sorting all of them.
BandFinder::Ranks BandFinder::rank(int nfft) noexcept
{
    const auto begin = ranked_.begin(), end = begin + nfft;
    std::copy_n(smooth_.begin(), nfft, begin);
    const auto floor = begin + static_cast<int>(kQuartile * nfft), peak = end - 1 - nfft / kRobustPeakShare;
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

void BandFinder::bridge_gaps(int longest_gap) noexcept
{
    int kept = 0;
    for (int i = 1; i < run_count_; ++i) {
        Run& left = runs_[kept];
        const Run& right = runs_[i];
        if (right.begin - left.end <= longest_gap)
            left = { left.begin, right.end, left.power + right.power };
        else
            runs_[++kept] = right;
    }
    run_count_ = kept + 1;
}

bool BandFinder::are_alike(const Run& a, const Run& b) noexcept
{
    const auto [narrow, wide] = std::minmax({ a.width(), b.width() });
    const auto [weak, strong] = std::minmax({ a.power, b.power });
    return wide <= kPairWidths * narrow && weak >= kPairPowers * strong;
}

/// `band` of one or more lobes and another lobe: near each other, and the envelope says that they are one signal.
bool BandFinder::belong_together(const Run& band, const Run& lobe, const Envelope& envelope) noexcept
{
    const auto width = static_cast<float>(lobe.width());
    const auto gap = static_cast<float>(std::max(band.begin - lobe.end, lobe.begin - band.end));
    if (gap > kPairGap * width)
        return false;
    return gap <= kCloseGap * width || envelope.fourth_moment(kBeatSamples) < kSteady ||
           (gap <= kSidebandGap * width && envelope.fourth_moment(envelope.count) > kInStep);
}

/// The lobe, and all lobes like it that belong to the same signal: tones of FSK with a large index, sidebands.
BandFinder::Run BandFinder::with_its_like(const Run& lobe, const Envelope& envelope) noexcept
{
    Run band = lobe;
    for (bool grown = true; grown;) {
        grown = false;
        for (int i = 0; i < run_count_; ++i) {
            const Run& other = runs_[i];
            const bool outside = other.end <= band.begin || other.begin >= band.end;
            if (outside && are_alike(lobe, other) && belong_together(band, other, envelope)) {
                band = { std::min(band.begin, other.begin), std::max(band.end, other.end),
                         band.power + other.power };
                grown = true;
            }
        }
    }
    return band;
}

BandFinder::Run BandFinder::strongest_run() const noexcept
{
    return *std::max_element(runs_.begin(), runs_.begin() + run_count_,
                             [](const Run& a, const Run& b) { return a.power < b.power; });
}

/// Mean fourth power over squared mean power of the signal's envelope, within short stretches: 1 where it is
/// steady, 1.5 for two that beat, 2 for noise. `noise_power`, which is known, is taken out; infinite where nothing
/// is left.
float BandFinder::Envelope::fourth_moment(int stretch) const noexcept
{
    double fourth = 0.0, squared = 0.0;
    for (int begin = 0; begin + stretch <= count; begin += stretch) {
        double m2 = 0.0, m4 = 0.0;
        for (int i = begin; i < begin + stretch; ++i) {
            const double power = std::norm(samples[i]);
            m2 += power / stretch;
            m4 += power * power / stretch;
        }
        const double signal = m2 - noise_power;
        fourth += m4 - 4.0 * signal * noise_power - 2.0 * noise_power * noise_power;
        squared += signal * signal - (m4 - m2 * m2) / (stretch - 1); // less what chance adds to the square
    }
    return squared > 0.0 ? static_cast<float>(fourth / squared) : std::numeric_limits<float>::infinity();
}

float BandFinder::Envelope::power() const noexcept
{
    double sum = 0.0;
    for (int i = 0; i < count; ++i)
        sum += std::norm(samples[i]);
    return static_cast<float>(sum / count);
}

/// Amplitude of the line that the squared samples have at twice `frequency`, averaged within stretches short enough
/// for an error of half a bin; what unrelated samples add by chance is taken out.
float BandFinder::Envelope::squared_line(float frequency, int stretch) const noexcept
{
    double pairs = 0.0;
    int stretches = 0;
    const std::complex<double> turn = std::polar(1.0, -4.0 * M_PI * frequency);
    for (int begin = 0; begin + stretch <= count; begin += stretch, ++stretches) {
        std::complex<double> sum, phase = 1.0;
        double alone = 0.0;
        for (int i = begin; i < begin + stretch; ++i, phase *= turn) {
            const std::complex<double> x = samples[i];
            sum += x * x * phase;
            alone += std::norm(x) * std::norm(x);
        }
        pairs += std::norm(sum) - alone;
    }
    const double per_pair = pairs / (static_cast<double>(stretches) * stretch * (stretch - 1));
    return static_cast<float>(std::sqrt(std::max(0.0, per_pair)));
}

/// A carrier's square is a line, white noise's is none. That of pulses is a line of all their power.
bool BandFinder::is_line_of_pulses(const Run& band, int nfft, const Envelope& envelope) noexcept
{
    if (band.width() > std::max(kLineBins, nfft / kLineShare))
        return false;
    const float frequency = 0.5f * static_cast<float>(band.begin + band.end - 1 - nfft) / static_cast<float>(nfft);
    const float power = envelope.power(), rest = power - band.power;
    return rest > kLeastRest * power && envelope.squared_line(frequency, nfft / 4) - band.power > kInPhase * rest;
}

/// Mean length, in samples, of the pulses of a carrier that is switched on and off; 0 where it is none. They are
/// long enough to look at some samples only.
float BandFinder::Envelope::mean_pulse() const noexcept
{
    double m2 = 0.0, m4 = 0.0;
    for (int i = 0; i < count; i += kPulseLook) {
        const double power = std::norm(samples[i]);
        m2 += power;
        m4 += power * power;
    }
    const double level = kPulseLevel * m4 / m2;
    double on = 0.0, off = 0.0;
    int on_count = 0, off_count = 0, pulses = 0;
    bool inside = false;
    for (int i = 0; i < count; i += kPulseLook) {
        const double power = std::norm(samples[i]);
        const bool above = power > level;
        pulses += above && !inside;
        (above ? on_count : off_count) += 1;
        (above ? on : off) += power;
        inside = above;
    }
    if (pulses < kLeastPulses || off_count == 0 || off / off_count > kPauseLevel * on / on_count)
        return 0.0f;
    return static_cast<float>(on_count * kPulseLook) / static_cast<float>(pulses);
}

/// `band`, or the narrower one about its line that a slowly keyed carrier needs.
BandFinder::Run BandFinder::band_of_pulses(const Run& band, int nfft, const Envelope& envelope) const noexcept
{
    const float pulse = envelope.mean_pulse();
    if (pulse < kShortestPulse)
        return band;
    const int width = std::max(kLineBins, static_cast<int>(kPulseLobes / pulse * static_cast<float>(nfft)));
    if (width >= band.width())
        return band;
    const int line = std::max(kLineBins / 2, width / kPulseLine);
    float inside = std::accumulate(smooth_.begin() + band.begin, smooth_.begin() + band.begin + line, 0.0f);
    float most = inside;
    int first = band.begin;
    for (int i = band.begin; i + line < band.end; ++i) {
        inside += smooth_[i + line] - smooth_[i];
        if (inside > most) {
            most = inside;
            first = i + 1;
        }
    }
    if (most < kPulsePower * band.power)
        return band;
    float moment = 0.0f;
    for (int i = 0; i < line; ++i)
        moment += static_cast<float>(i) * smooth_[first + i];
    const int middle = first + static_cast<int>(std::lround(moment / most));
    const int begin = std::clamp(middle - width / 2, 0, nfft - width);
    return { begin, begin + width, most };
}

/// Signal over noise within the band; the noise density is that of the bins outside it that neither its skirts nor
/// another signal reach.
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
    const float snr = 10.0f * std::log10(signal / noise_inside);
    return snr <= kLargestSnrDb ? snr : kNaN;
}

} // namespace prunedamr::dsp
