// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/classifier.h"
#include "prunedamr/stream/lag_account.h"
#include "prunedamr/stream/model_slot.h"
#include "prunedamr/stream/sample_clock.h"

#include <atomic>
#include <chrono>

namespace prunedamr::stream {

/// What all live classifiers keep: the model at work, the clock, the counts, and the interval that they are in.
/// What they make of samples is in the structs that derive from it.
struct LiveClassifier::Core {
    using Clock = std::chrono::steady_clock;

    Core(Model model, ClassifierConfig config, EventHandler handler); ///< throws `Error` for a bad configuration
    virtual ~Core() = default;

    ModelChain& chain() noexcept { return slot.current(); }
    void arrived(std::size_t count) noexcept; ///< samples
    void take_next_model() noexcept;          ///< if there is one; when no sample is under way
    void begin_interval() noexcept;           ///< at `interval_start`
    LabelEvent new_event() noexcept;          ///< the fields that every event shares; its decision follows
    LabelEvent interval_event(std::uint64_t samples) noexcept; ///< the same, for the present interval

    /// Counters have one writer, the thread that calls `process`; a plain add would need a locked instruction.
    template <typename T> static void add(std::atomic<T>& counter, T amount) noexcept
    {
        counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }

    static double seconds_since(Clock::time_point start) noexcept
    {
        return std::chrono::duration<double>(Clock::now() - start).count();
    }

    const ClassifierConfig config;
    EventHandler handler;
    ModelSlot slot;
    SampleClock clock;
    LagAccount lag;

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
