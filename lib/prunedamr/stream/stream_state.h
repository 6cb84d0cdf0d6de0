// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/backlog_tracker.h"
#include "prunedamr/stream/classifier_config.h"
#include "prunedamr/stream/clock.h"
#include "prunedamr/stream/model_slot.h"
#include "prunedamr/stream/sample_clock.h"
#include "prunedamr/stream/stream_classifier.h"

#include <atomic>

namespace prunedamr::stream {

/// What every classifier of a stream keeps, however it cuts the stream into intervals: the model at work, the
/// clocks, the counts, and the interval that it is in.
struct StreamState {
    StreamState(Model model, ClassifierConfig config, EventHandler handler); ///< as `check(ClassifierConfig)`

    Pipeline& pipeline() const noexcept { return slot.current(); }
    void arrived(std::size_t count) noexcept; ///< samples
    void switch_model() noexcept;             ///< if there is one; when no sample is under way
    void begin_interval() noexcept;           ///< at `interval_start`
    LabelEvent new_event() noexcept;          ///< the fields that every event shares; its decision follows
    LabelEvent interval_event(std::uint64_t samples) noexcept;  ///< the same, for the present interval
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
    SampleClock sample_clock;
    BacklogTracker backlog;

    std::uint64_t interval_start = 0; ///< sample index
    double tuned_hz = 0.0;            ///< of this interval
    std::int64_t interval_time_ns = 0;
    TimeSource interval_time_source = TimeSource::system;
    std::uint64_t next_seq = 0;

    std::atomic<double> wanted_tuned_hz;
    std::atomic<std::uint64_t> overflows{ 0 }, samples_in{ 0 }, frames{ 0 }, dropped_frames{ 0 }, events{ 0 },
        swaps{ 0 };
    std::atomic<double> busy_s{ 0.0 };
};

} // namespace prunedamr::stream
