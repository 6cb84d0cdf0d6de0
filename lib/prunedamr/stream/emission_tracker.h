// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/detector.h"
#include "prunedamr/dsp/band_extractor.h"
#include "prunedamr/stream/clock.h"
#include "prunedamr/stream/decision_accumulator.h"
#include "prunedamr/stream/prover.h"

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
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

/// An emission that is followed: what there is of it since its last event, and what its events have in common.
struct Emission {
    /// Of the samples from `start` on there will be an event of their own.
    void begin_interval(std::uint64_t start) noexcept;

    /// Where and when it was, to an event that has the stream's rate.
    void write(LabelEvent& event, double tuned_hz) const noexcept;

    bool active = false, seen = false;
    bool has_start = false;   ///< what there is of it begins with it, and not with an interval or behind a cut
    std::uint64_t number = 0; ///< the detector's, and
    std::uint64_t track = 0;  ///< that of its events: the same behind a cut
    std::size_t previous_label = DecisionAccumulator::kNone;
    EmissionPart last;
    bool has_time = false; ///< of the first sample:
    std::int64_t time_ns = 0;
    TimeSource time_source = TimeSource::system;
    float clipped = 0.0f;
    EmissionSamples samples;
    std::optional<FollowedSignal> signal; ///< what its measurements have in common, if there are any
};

/// What is to be done about one emission in an epoch.
struct EmissionWork {
    Emission* emission = nullptr; ///< none yet where it is new
    EmissionPart part;            ///< of the epoch,
    bool has_part = false;        ///< if the emission was on in it
    bool goes_on = false;         ///< into the next epoch; else it is decided on
    bool has_ended = false;       ///< by itself, and not by a cut
    std::uint64_t number = 0;
    std::uint64_t start = 0; ///< sample; of what is not decided on yet
    std::uint64_t track = 0; ///< that of the emission, once it is there,
    std::size_t label = DecisionAccumulator::kNone; ///< and what its last event was called
};

/// Follows the emissions of a detector from epoch to epoch, 32 at a time (what finds no room is decided on epoch by
/// epoch), and over cuts of the stream. Allocates at construction only.
class EmissionTracker
{
public:
    /// `per_hz`: cycles per sample, of the detector's frequencies. `is_measured`: emissions have a `signal`.
    EmissionTracker(std::uint64_t epoch_samples, double per_hz, bool is_measured);

    struct Epoch {
        const detect::Detection* detections;
        std::size_t count;
        std::uint64_t base; ///< sample of the stream that the detections count from
        std::uint64_t end;  ///< sample that the epoch ends before
        bool is_cut;        ///< there, and so does the stream
    };

    /// By rising start; valid until the next call.
    std::vector<EmissionWork>& gather(const Epoch& epoch) noexcept;

    /// That of `work`, which may now be put on record; `work.goes_on` becomes false where it finds no room. One that
    /// does not go on is valid until the next call.
    Emission& emission_of(EmissionWork& work) noexcept;

    /// After the work of an epoch that was cut at `end`: what was on goes on behind the cut, with the track and the label
    /// that its work has. `unseen`: samples at the end that were too few to be searched.
    void interrupt(std::uint64_t end, std::uint64_t unseen) noexcept;
    std::size_t interrupted() const noexcept { return interrupted_count_; }
    void forget_interrupted() noexcept { interrupted_count_ = 0; }

    /// After a cut, another frequency is tuned to: what was on at the end of the last stay there goes on, as behind a cut.
    void leave(double tuned_hz, double next_tuned_hz) noexcept;

    /// The classes of another model have other numbers.
    void forget_labels() noexcept;

private:
    static constexpr std::size_t kMostFollowed = 32;
    static constexpr std::size_t kMostElsewhere = 1024;

    /// What was on at a cut.
    struct Interrupted {
        double low = 0.0, high = 0.0;
        std::uint64_t track = 0;
        std::size_t previous_label = DecisionAccumulator::kNone;
    };

    bool take(const detect::Detection& detection, const Epoch& epoch, EmissionWork& work) noexcept;
    void hold_off_neighbors() noexcept;
    Emission* find(std::uint64_t number) noexcept;
    void begin(Emission& emission, const EmissionWork& work) noexcept;

    const double epoch_samples_, per_hz_;
    std::vector<Emission> followed_;
    Emission burst_; ///< which begins and ends in the epoch
    std::vector<EmissionWork> works_;
    std::uint64_t base_ = 0;
    std::array<Interrupted, kMostFollowed> interrupted_;
    std::size_t interrupted_count_ = 0;
    struct Elsewhere {
        double tuned_hz = 0.0;
        Interrupted emission;
    };
    std::vector<Elsewhere> elsewhere_; ///< at other frequencies of a scan, the latest last
};

} // namespace prunedamr::stream
