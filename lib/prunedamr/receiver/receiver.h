// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/receiver/source.h"
#include "prunedamr/stream/classifier_config.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/stream_classifier.h"

#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

struct ReceiverConfig {
    std::string model = "onair-s";        ///< model file, or the name of an installed model
    std::string backend = "native";       ///< see `stream::open_model`
    double max_latency_us = 0.0;          ///< bound of a call of the network; 0: none, 16 frames per call
    std::string name = "rx0";             ///< of the source in the events, 1..48 bytes
    double interval_s = 0.1;              ///< per label of what lasts, above 0
    std::optional<double> min_confidence; ///< 0..1; none: the model's
    bool single = false; ///< the samples are of one signal; else every emission in the band is searched for
    bool measure = true;                  ///< decisions are proven by measurement
    bool evidence = false;                ///< events hold the points that were measured
    std::vector<SampleTap*> samples;          ///< look on; not owned, outlive the receiver
    stream::DecisionTap* decisions = nullptr; ///< the same
    NoticeHandler on_notice;              ///< what happens to the source, in sentences; on the reading thread
};

struct ReceiverStats {
    stream::ClassifierStats classifier;
    std::uint64_t overflows = 0, dropped_samples = 0, silent_s = 0, rejected = 0; ///< see `visit_receiver_stats`
    double stuck_s = 0.0; ///< since the call of the source that has not come back yet; usual are 0.1 s and less
};

/// The list of the counts that are its own: name, member and meaning of each go to `visit`.
template <typename Visit> void visit_receiver_stats(Visit&& visit)
{
    using Stats = ReceiverStats;
    visit("overflows", &Stats::overflows, "losses before the classifier: in the device, or for want of room");
    visit("dropped_samples", &Stats::dropped_samples, "samples that found no room");
    visit("silent_s", &Stats::silent_s, "seconds in which the source brought nothing");
    visit("rejected", &Stats::rejected, "messages that were no samples");
}

/// A source and what labels its samples: one thread reads, another classifies, a bounded ring of blocks between
/// them. A source that can wait is read as fast as its samples are classified and loses none. A live one is allowed
/// the lag of `stream::default_max_lag_s`; beyond it the classifier skips blocks, and what finds no room in the
/// ring is dropped: both are counted in the events.
class PRUNEDAMR_API Receiver
{
public:
    /// Opens the model. Events are given to `handler` on the classifying thread; it must not throw, and while it
    /// waits no samples are classified. `system_time_ns` tells the time of samples whose source does not; empty:
    /// the system's clock. Throws `Error` for a model that cannot be opened and for a configuration out of range.
    Receiver(std::unique_ptr<Source> source, const ReceiverConfig& config, stream::EventHandler handler,
             std::function<std::int64_t()> system_time_ns = {});

    /// The same with a model that is open; of `config` its name, backend and latency do not matter then.
    Receiver(std::unique_ptr<Source> source, stream::Model model, const ReceiverConfig& config,
             stream::EventHandler handler, std::function<std::int64_t()> system_time_ns = {});
    ~Receiver(); ///< stops, and waits for the end

    const SourceInfo& source() const noexcept; ///< as it was opened

    void start(); ///< once

    /// The stream ends soon; what was read before is still classified. Any thread, any number of times.
    void stop() noexcept;

    /// Leaves a source behind that does not come back from a call: the stream ends, with `fault` as what `fault()`
    /// says. The reading thread, which is in somebody else's code, stays there with what it uses. False, and
    /// nothing happens, when it has just come back. After `start`, on the thread that calls `wait_for`.
    bool abandon(std::optional<std::string> fault);

    /// True once the stream has ended and its last event was given to the handler.
    bool wait_for(std::chrono::milliseconds time);

    /// Why the source failed, if that ended the stream.
    std::optional<std::string> fault() const;

    /// The model is read again, or another one is taken, while samples flow: see `StreamClassifier::swap`. Throws
    /// `Error`, and keeps its model, when that cannot be opened. Any thread.
    void set_model(const std::string& model);
    void set_model(stream::Model model); ///< the same with one that is open
    bool revert_model();                 ///< the model before the present one; false when there is none

    /// Tunes the source to another frequency while samples flow; no label is made of samples from both. Throws
    /// `Error` when the source cannot be tuned to it, or has ended. Any thread but the handler's.
    void tune(double center_freq_hz);

    /// The same, and for a gain, without waiting for the source: the future throws what it refuses.
    std::future<void> change(const SourceChange& change);

    /// Signals whose class and family are less probable are unknown, from the next interval on; none: the model's own
    /// threshold. Any thread.
    void set_min_confidence(std::optional<double> min_confidence) noexcept;

    double center_freq_hz() const noexcept; ///< tuned frequency of the samples that are classified now; any thread
    ReceiverStats stats() const noexcept;   ///< any thread
    std::string description() const;      ///< of the model, for logs; any thread

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::receiver
