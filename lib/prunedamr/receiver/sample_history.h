// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/semaphore.h"
#include "prunedamr/receiver/source.h"

#include <boost/lockfree/spsc_queue.hpp>

#include <array>
#include <atomic>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace prunedamr::receiver {

/// The last samples of a stream, for an output that looks back at them when they have been labeled. Three threads:
/// the one that reads the source puts samples in (`take`), the one that publishes events announces each that will be
/// looked up (`announce`), one looks back. Of a live source old samples are overwritten, whoever looks; one that can
/// wait is read no further while samples of announced events would be lost. Allocates in `begin_run` only.
class SampleHistory final : public SampleTap
{
public:
    /// Samples that are held for a rate: some six epochs of the detector, at most 100 MB.
    static std::size_t capacity_for(double sample_rate_hz) noexcept;

    /// The samples that follow are of this source. Waits until those of the run before are looked up.
    void begin_run(const SourceInfo& source);

    void take(const Tapped& samples) noexcept override;

    void announce() noexcept;     ///< an event is published now, and its samples will be asked for
    void done() noexcept;         ///< they were, or will not be any more
    void abandon() noexcept;      ///< nobody waits any longer; any thread

    /// Samples in a row, without a gap and of one tuned frequency.
    struct Stretch {
        std::uint64_t first = 0, end = 0; ///< as in the events
        double center_freq_hz = 0.0;
        bool goes_on = false; ///< there may be more to come
    };

    /// To be called several times a second, also while nothing is looked up: changes of the stream wait in a short queue.
    void follow();

    /// That which holds this sample; empty when it is gone, or never was there.
    Stretch around(std::uint64_t sample);

    /// Samples that `around` told of. False when they have been overwritten meanwhile.
    bool copy(std::uint64_t first, std::size_t count, std::complex<float>* out) const noexcept;

    double sample_rate_hz() const noexcept { return rate_hz_; } ///< of the run
    bool is_waited_for() const noexcept { return is_waiting_.load(); } ///< nothing comes before `done`

private:
    struct Start {
        std::uint64_t first, end_before; ///< the samples before end here
        double center_freq_hz;
    };

    std::uint64_t oldest() const noexcept; ///< sample that is still there
    bool begins_stretch(const Tapped& samples) noexcept;
    void store(const Tapped& samples) noexcept;
    void wait_until_done() noexcept;

    double rate_hz_ = 1.0;
    bool can_wait_ = false;
    std::size_t capacity_ = 0;
    std::unique_ptr<std::atomic<std::uint64_t>[]> ring_; ///< a sample each; untouched: a page is resident once used
    std::atomic<std::uint64_t> end_{ 0 };     ///< of the samples that are there,
    std::atomic<std::uint64_t> writing_{ 0 }; ///< and of those that are being written
    boost::lockfree::spsc_queue<Start, boost::lockfree::capacity<1024>> starts_;
    std::uint64_t begin_ = 0; ///< first sample of the run

    bool is_open_ = false; ///< of the reading thread: the samples so far belong to a stretch,
    double center_freq_hz_ = 0.0; ///< with this frequency

    std::atomic<std::uint64_t> announced_{ 0 }, done_{ 0 };
    std::atomic<std::uint64_t> announced_at_{ 0 }; ///< `end_` when the oldest that is not done was announced, or before
    std::atomic<bool> is_waiting_{ false }, is_abandoned_{ false };
    Semaphore progress_;

    std::deque<Start> known_; ///< of the thread that looks back
};

} // namespace prunedamr::receiver
