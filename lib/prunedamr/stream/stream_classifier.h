// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/model/model_info.h"
#include "prunedamr/stream/label_event.h"

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace prunedamr::stream {

struct ClassifierConfig;
struct Model;
struct StreamState;

/// Counts since the start of the stream; `visit_stats` says of what.
struct ClassifierStats {
    std::uint64_t samples = 0, frames = 0, dropped_frames = 0, events = 0, clipped_events = 0, unanswered_events = 0,
                  model_switches = 0, non_finite = 0, absurd = 0;
    double busy_s = 0.0;
};

/// The list of the counts: name, member and meaning of each go to `visit`.
template <typename Visit> void visit_stats(Visit&& visit)
{
    using Stats = ClassifierStats;
    visit("samples", &Stats::samples, "samples received");
    visit("frames", &Stats::frames, "frames classified");
    visit("dropped_frames", &Stats::dropped_frames, "frames left out, for live input came too fast");
    visit("events", &Stats::events, "events written");
    visit("clipped_events", &Stats::clipped_events, "events of which more than a few samples stood at full scale");
    visit("unanswered_events", &Stats::unanswered_events, "events that are unknown, for the model failed on all frames");
    visit("model_switches", &Stats::model_switches, "changes of the model while running");
    visit("non_finite", &Stats::non_finite, "samples that were no numbers, or beyond 1e18: they count as zero");
    visit("absurd", &Stats::absurd, "samples beyond 1e6, or all below 1e-30: of another format, perhaps");
    visit("busy_s", &Stats::busy_s, "seconds spent in process");
}

/// What a person should know of the samples and the model: a sentence for each kind of doubt, empty where there is
/// none. Clipped samples; samples that are no numbers, or of absurd size; a model that fails on frames.
PRUNEDAMR_API std::array<std::string, 3> doubts(const ClassifierStats& stats);

/// Receives events on the thread that calls `process`. Must not throw.
using EventHandler = std::function<void(const LabelEvent&)>;

/// Samples in, events out, whether the samples are taken for one signal (`SignalClassifier`) or searched for several
/// (`WidebandScanner`). The same samples give the same events whatever the chunks. After construction `process` and
/// `flush` neither allocate, lock, throw nor log (what the handler does is its own).
class PRUNEDAMR_API StreamClassifier
{
public:
    virtual ~StreamClassifier();

    /// Samples that are no finite number count as zero. Of live input whose time is not set, `process` takes the
    /// time of arrival for it (`StreamClock`), and where that says that samples are missing, it counts an overflow
    /// and calls `cut`.
    void process(const std::complex<float>* samples, std::size_t count) noexcept;

    /// What comes next does not follow on what came before: decides on that, if it is enough to be decided on. What
    /// is known of the noise and of the signals stays.
    void cut() noexcept;

    /// End of the stream: the same, and signals are forgotten.
    void flush() noexcept;

    /// Time of sample `sample_index` (counted from the start of the stream), from which time is counted on,
    /// whatever the arrivals say. Without it, of input that is not live, system time of the first `process` call.
    void set_time(std::uint64_t sample_index, std::int64_t time_ns, TimeSource source) noexcept;

    /// Valid from the next decision interval on; may be called from any thread.
    void set_center_freq_hz(double center_freq_hz) noexcept;
    /// The frequency is one of a scan, which comes back to it: what was on at the end of the last visit goes on with its
    /// track. The same.
    void set_visit(std::uint64_t visit) noexcept;
    void count_overflow() noexcept; ///< may be called from any thread

    /// The threshold of decisions (`ClassifierConfig::min_confidence`), from the next decision interval on; none: the
    /// model's. May be called from any thread.
    void set_min_confidence(std::optional<double> min_confidence) noexcept;

    /// Switches to `next` after the current interval, without losing a sample: the next event is `next`'s. It is
    /// compiled before (`open_model`), so that what can fail has failed with the current model untouched. May be
    /// called from any thread; allocates there.
    void set_model(Model next);

    /// Takes back the last switch: the model before it, which is kept for this, is switched to, or none if the switch
    /// has not happened yet. False when there is no such model.
    bool revert_model();

    ClassifierStats stats() const noexcept; ///< may be called from any thread
    /// Of the present model, for logs: name, instruction set, precision, frames per call. May be called from any thread.
    std::string description() const;
    const model::ModelInfo& info() const; ///< of the present model; on the thread that calls `process`

protected:
    StreamClassifier(Model model, ClassifierConfig config, EventHandler handler);
    StreamClassifier(StreamClassifier&&) noexcept;
    StreamState& state() noexcept { return *state_; }

private:
    virtual void consume(const std::complex<float>* samples, std::size_t count) noexcept = 0; ///< finite ones
    virtual void end_segment(bool is_last) noexcept = 0; ///< see `cut` and `flush`
    template <typename Work> void work(Work work) noexcept;

    std::unique_ptr<StreamState> state_;
};

} // namespace prunedamr::stream
