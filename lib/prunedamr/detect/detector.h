// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/proposal.h"

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace prunedamr::detect {

class Judge;

/// An emission, or as much of it as one epoch holds.
struct Detection {
    std::uint64_t emission = 0; ///< its number, from 1; parts of one emission in successive epochs share it
    double start_samples = 0.0; ///< since the first sample of the stream
    double end_samples = 0.0;
    double low_hz = 0.0; ///< edges of its band, from the center frequency
    double high_hz = 0.0;
    float density_db = 0.0f; ///< mean density above the floor, over the floor
    float score = 0.0f;      ///< log-odds that there is an emission in this box, by the judge
    bool continues = false;  ///< it was on when the epoch began and has been reported before
    bool goes_on = false;    ///< it is on when the epoch ends
};

struct DetectorConfig {
    double sample_rate_hz = 1e6;   ///< 100..1e9
    float min_score = -0.9f;       ///< log-odds from which a proposal counts
    std::size_t epoch_samples = 0; ///< a power of two from 2^14 on; 0: about a second, 2^14 to 2^21
};

/// Finds all emissions of a band, in time and frequency. The stream is taken epoch by epoch: its power in tiles at
/// several resolutions four times apart, a floor for each, boxes proposed at each (`Cutter`), a judge who scores
/// all of them by what they are and by what is around them, the best of those that overlap. What lasts over the end
/// of an epoch is followed into the next. The same samples give the same detections in any chunks. Everything is
/// allocated at construction; one object per thread.
class Detector
{
public:
    /// Throws `Error` for a bad config.
    explicit Detector(const DetectorConfig& config);
    Detector(const DetectorConfig& config, Judge judge); ///< with another judge
    ~Detector();
    Detector(Detector&&) noexcept;
    Detector& operator=(Detector&&) noexcept;

    std::size_t epoch_samples() const noexcept;

    /// Takes up to `count` samples, as many as the epoch still holds, and returns how many it took. When it
    /// is `complete()`, its detections are there until the next call.
    std::size_t process(const std::complex<float>* samples, std::size_t count) noexcept;

    /// Ends the stream: the detections of what is there of the last epoch. Then a new stream begins.
    void finish() noexcept;

    bool complete() const noexcept; ///< the last call ended an epoch
    int count() const noexcept;
    const Detection* detections() const noexcept; ///< [count()], by their starts

    int proposal_count() const noexcept;        ///< of the epoch, as the judge saw them
    const Proposal* proposals() const noexcept; ///< [proposal_count()]
    std::uint64_t epoch_start() const noexcept; ///< sample that those proposals count from

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::detect
