// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/band_extractor.h"

#include <algorithm>
#include <complex>
#include <cstdint>
#include <vector>

namespace prunedamr::stream {

/// As much of an emission as one epoch of the detector holds. Frequencies in cycles per sample of the stream.
struct EmissionPart {
    std::uint64_t start = 0, end = 0; ///< samples of the stream
    double low = 0.0, high = 0.0;     ///< of its band
    double density = 0.0;             ///< over the noise
    double limit_low = -1.0, limit_high = 1.0; ///< where neighbors begin that are on at the same time

    double width() const noexcept { return high - low; }
    double center() const noexcept { return 0.5 * (low + high); }
};

/// What a decision on one emission has: where it was, and its samples in contiguous pieces, cut out at a rate of
/// which its band fills a given fraction. Allocates at construction only.
class EmissionSamples
{
public:
    static constexpr int kMostSamples = 32768;

    EmissionSamples() : samples_(kMostSamples) { ends_.reserve(kMostPieces - 1); }

    /// Nothing is there yet; it begins at `start`.
    void clear(std::uint64_t start) noexcept;

    /// Where and when the emission was, too. It follows on what is there.
    void add(const EmissionPart& part) noexcept;

    /// How a part is cut.
    struct Cut {
        double occupied_fraction = 0.5; ///< of the rate, that the band fills,
        int least_samples = 0;          ///< unless there would be fewer of the part
        int most_samples = kMostSamples; ///< that are taken of the part
        bool goes_on = false;           ///< what cannot be cut yet is left to the next part
    };

    /// Cuts the samples of the part that was added last.
    void cut(const EmissionPart& part, const Cut& how, const dsp::StreamWindow& stream,
             dsp::BandExtractor& extractor) noexcept;

    std::uint64_t start() const noexcept { return start_; }
    std::uint64_t end() const noexcept { return end_; }
    std::uint64_t duration() const noexcept { return end_ - start_; }
    double low() const noexcept { return low_ / weight_; } ///< means over the parts, weighted by their lengths
    double high() const noexcept { return high_ / weight_; }
    float snr_db() const noexcept;

    int count() const noexcept { return count_; }
    const std::complex<float>* samples() const noexcept { return samples_.data(); }
    double rate() const noexcept { return 1.0 / band_.decimation; } ///< of the stream's
    double passband() const noexcept; ///< part of that rate, around zero frequency, which the filter leaves alone
    double center() const noexcept { return band_.center; } ///< what is at zero frequency in the samples

    /// `block(samples, count)` for all blocks of the pieces, each of up to `block_length` and of at least
    /// `min_samples`.
    template <typename Block> void for_each_block(int block_length, int min_samples, Block block) const noexcept
    {
        for_each_piece([&](const std::complex<float>* samples, int left) {
            while (left >= min_samples) {
                const int taken = std::min(block_length, left);
                block(samples, taken);
                samples += taken;
                left -= taken;
            }
        });
    }

    static constexpr std::size_t kMostPieces = 64;

    /// `piece(samples, count)` for all pieces.
    template <typename Visit> void for_each_piece(Visit visit) const noexcept
    {
        int begin = 0;
        for (std::size_t i = 0; i <= ends_.size(); ++i) {
            const int end = i < ends_.size() ? ends_[i] : count_;
            if (end > begin)
                visit(samples_.data() + begin, end - begin);
            begin = end;
        }
    }

private:

    void open(const EmissionPart& part, const Cut& how) noexcept;

    std::uint64_t start_ = 0, end_ = 0;
    double weight_ = 0.0, low_ = 0.0, high_ = 0.0, density_ = 0.0; ///< sums over samples
    dsp::CutBand band_;
    double cut_weight_ = 0.0; ///< samples of the part that the rate and the filter follow
    std::vector<std::complex<float>> samples_;
    int count_ = 0;
    std::uint64_t next_ = 0;  ///< number of the output that follows on the last one; 0: none does
    std::vector<int> ends_; ///< of the pieces but the last
};

} // namespace prunedamr::stream
