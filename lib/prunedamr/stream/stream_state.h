// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/classifier_config.h"
#include "prunedamr/stream/clock.h"
#include "prunedamr/stream/pipeline.h"
#include "prunedamr/stream/sample_check.h"
#include "prunedamr/stream/stream_classifier.h"

#include <algorithm>
#include <atomic>

namespace prunedamr::stream {

/// Tracks how far processing has fallen behind the sample clock: work adds its time, samples take theirs off, and
/// idle time earns no credit. Once the backlog exceeds the limit, blocks are to be skipped until it is a quarter of
/// a second below the limit.
class BacklogTracker
{
public:
    explicit BacklogTracker(double max_lag_s) : max_lag_s_(max_lag_s) {}

    bool must_skip() const noexcept { return skipping_; }

    /// What can be done without should be left out.
    bool is_late() const noexcept { return backlog_s_ > 0.25 * max_lag_s_; }

    void worked(double busy_s, double sample_s) noexcept
    {
        // No more can wait than the stage in front holds: what it dropped is not to be worked off.
        backlog_s_ = std::clamp(backlog_s_ + busy_s - sample_s, 0.0, max_lag_s_ + kWorkedOffAtOnceS);
        skipping_ = backlog_s_ > max_lag_s_;
    }

    void skipped(double sample_s) noexcept
    {
        backlog_s_ = std::max(0.0, backlog_s_ - sample_s);
        skipping_ = backlog_s_ > std::max(0.0, max_lag_s_ - kWorkedOffAtOnceS);
    }

private:
    static constexpr double kWorkedOffAtOnceS = 0.25;

    double max_lag_s_;
    double backlog_s_ = 0.0;
    bool skipping_ = false;
};

/// What every classifier of a stream keeps, however it cuts the stream into intervals: the model at work, the
/// clocks, the counts, and the interval that it is in.
struct StreamState {
    StreamState(Model model, ClassifierConfig config, EventHandler handler); ///< as `check(ClassifierConfig)`

    Pipeline& pipeline() const noexcept { return slot.current(); }
    bool must_skip() const noexcept { return config.live && backlog.must_skip(); } ///< live input alone is left out
    bool is_late() const noexcept { return config.live && backlog.is_late(); }
    bool is_gap_before(std::size_t count, StreamClock& next) const noexcept;
    void switch_model() noexcept;                   ///< if there is one; when no sample is under way
    void begin_interval(double wanted_hz) noexcept; ///< at `interval_start`, with `wanted_tuned_hz` as it was read once
    LabelEvent new_event() noexcept;                ///< the fields that every event shares; its decision follows
    LabelEvent interval_event(std::uint64_t samples) noexcept;  ///< the same, for the present interval
    void emit(LabelEvent& event) noexcept;                      ///< a decision that is complete, to the handler
    double seconds_since(std::int64_t start_ns) const noexcept; ///< of the steady clock

    /// Counters have one writer, the thread that calls `process`; a plain add would need a locked instruction.
    template <typename T> static void add(std::atomic<T>& counter, T amount) noexcept
    {
        counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }

    const ClassifierConfig config;
    const Clock& clock;
    EventHandler handler;
    ModelSlot slot;
    SampleIntake intake;
    StreamClock stream_clock;
    BacklogTracker backlog;
    std::int64_t idle_since_ns; ///< of the steady clock: nothing to process since then

    std::uint64_t interval_start = 0; ///< sample index
    double tuned_hz = 0.0;            ///< of this interval
    std::uint64_t visit = 0;          ///< the same
    std::int64_t interval_time_ns = 0;
    TimeSource interval_time_source = TimeSource::system;
    std::uint64_t next_seq = 0;

    std::atomic<double> wanted_tuned_hz;
    std::atomic<std::uint64_t> wanted_visit{ 0 };
    std::atomic<double> wanted_min_confidence; ///< NaN: the model's
    std::atomic<std::uint64_t> overflows{ 0 }, samples_in{ 0 }, frames{ 0 }, dropped_frames{ 0 }, events{ 0 },
        clipped_events{ 0 }, unanswered_events{ 0 }, model_switches{ 0 }, non_finite{ 0 }, absurd{ 0 };
    std::atomic<double> busy_s{ 0.0 };
};

} // namespace prunedamr::stream
