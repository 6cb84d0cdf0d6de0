// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/stream/label_event.h"
#include "prunedamr/stream/model.h"

#include <complex>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace prunedamr::stream {

struct ClassifierConfig {
    std::string source = "rx0";  ///< name in events
    double sample_rate_hz = 1.0; ///< 1e-3..1e12, taken to the microhertz
    double center_freq_hz = 0.0; ///< tuned frequency
    /// Samples per decision; rounded up to whole blocks of the front end, at most 2^40. 0: one block.
    std::uint64_t interval_samples = 0;
    /// Decisions end where the power rises and falls, too: a burst of up to `max_burst_s` is one event, from its
    /// start to its end; the gaps between bursts, and signals that never stop, are decided on the interval. Events
    /// leave up to `burst_gap_s` later.
    bool bursts = false;
    double burst_gap_s = 0.003;           ///< of quiet, which ends a burst, 1e-6..10
    double burst_margin_db = 6.0;         ///< over the noise, at which a burst begins, 1..60
    double max_burst_s = 1.0;             ///< longer ones are decided in parts, 1e-6..3600
    double noise_floor_dbfs = -120.0;     ///< known noise power of the receiver
    double gate_margin_db = 3.0;          ///< a block below floor + margin is "noise" without asking the network
    std::optional<double> min_confidence; ///< overrides the model's decision threshold, 0..1
    /// Live input: when processing falls behind the sample clock by more than `max_lag_s`, whole blocks are
    /// skipped and their frames counted in dropped_frames. File input never drops.
    bool live = false;
    double max_lag_s = 0.25;
    int max_batch = 16; ///< frames per engine call, 1..64; of a `Model`: what its engine was opened with
};

/// Throws `Error` naming the first value that is outside its range.
void check(const ClassifierConfig& config);

/// Samples of a decision interval of `interval_s` seconds, for `ClassifierConfig::interval_samples`; the rate is
/// one that `check` accepts. Throws `Error` for a time that is negative, not finite or beyond all counting.
std::uint64_t interval_samples(double interval_s, double sample_rate_hz);

struct ClassifierStats {
    std::uint64_t samples = 0;
    std::uint64_t frames = 0; ///< classified
    std::uint64_t dropped_frames = 0;
    std::uint64_t events = 0;
    std::uint64_t swaps = 0; ///< models gone over to while running
    double busy_s = 0.0;     ///< time spent inside `process`
};

/// Receives events on the thread that calls `process`. Must not throw.
using EventHandler = std::function<void(const LabelEvent&)>;

/// samples -> front end -> frames -> gate -> engine -> decision -> events. Knows no GNU Radio.
/// The same samples give the same events whatever the chunks. After construction `process` and `flush`
/// neither allocate, lock, throw nor log (what the handler does is its own).
class Classifier
{
public:
    /// Throws `Error` for a configuration outside its ranges; compiles the network.
    Classifier(const graph::Network& network, ClassifierConfig config, EventHandler handler);

    /// The same for a model that is compiled already.
    Classifier(Model model, ClassifierConfig config, EventHandler handler);
    ~Classifier();
    Classifier(Classifier&&) noexcept;

    void process(const std::complex<float>* samples, std::size_t count) noexcept;

    /// End of the stream: decides on what is left, if that is at least front end's min_samples.
    void flush() noexcept;

    /// Time of sample `sample_index` (counted from the start of the stream). Without it, system time of the first
    /// `process` call.
    void set_time(std::uint64_t sample_index, std::int64_t time_ns, TimeSource source) noexcept;

    /// Valid from the next decision interval on; may be called from any thread.
    void set_center_freq_hz(double center_freq_hz) noexcept;
    void count_overflow() noexcept; ///< may be called from any thread

    /// One event for one burst, independent of the stream's interval: `count` samples of any length >= min_samples
    /// are cut into blocks, and all frames vote. `seq` goes on from the last event of either kind; sample_start
    /// counts the samples of bursts; time is the system's time of the call. The handler is not called.
    /// Returns false when the burst is too short.
    bool classify_burst(const std::complex<float>* samples, std::size_t count, LabelEvent& event) noexcept;

    /// The stream goes over to `next` after the interval that it is in, without losing a sample: the next event is
    /// `next`'s. Compile it before (`open_model`): what can fail has then failed with the present model untouched.
    /// May be called from any thread; allocates there.
    void swap(Model next);

    /// The same with the model before the present one, which is kept for this; false when there is none.
    bool swap_back();

    ClassifierStats stats() const noexcept; ///< may be called from any thread
    std::string
    description() const; ///< of the present model, for logs: name, instruction set, precision, frames per call
    const graph::Network& network() const; ///< of the present model; on the thread that calls `process`

    /// Called before a block is classified, for tags: (sample_start, sample_count of the block). Set before
    /// `process`.
    void on_block(std::function<void(std::uint64_t, std::uint64_t)> handler);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::stream
