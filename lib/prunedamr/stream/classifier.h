// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/live_classifier.h"

#include <functional>
#include <optional>

namespace prunedamr::stream {

struct ClassifierConfig {
    std::string source = "rx0";  ///< name in events
    double sample_rate_hz = 1.0; ///< 1e-3..1e12, taken to the microhertz
    double center_freq_hz = 0.0; ///< tuned frequency
    /// Samples per decision; rounded up to whole blocks of the front end, at most 2^40. 0: one block.
    std::uint64_t interval_samples = 0;
    /// Decisions end where the power rises and falls, too: a burst of up to `max_burst_s` is one event, from its
    /// start to its end; the gaps between bursts, and signals that never stop, are decided on the interval; what is
    /// weaker than all noise received together is no signal there. Events leave up to `burst_gap_s` later.
    bool bursts = false;
    double burst_gap_s = 0.003;           ///< of quiet, which ends a burst, 1e-6..10
    double burst_margin_db = 9.0;         ///< over the noise, at which a burst begins, 1..60
    double max_burst_s = 1.0;             ///< longer ones are decided in parts, 1e-6..3600
    double noise_floor_dbfs = -120.0;     ///< known noise power of the receiver
    double gate_margin_db = 3.0;          ///< a block below floor + margin is "noise" without asking the network
    std::optional<double> min_confidence; ///< overrides the model's decision threshold, 0..1
    /// Live input: when processing falls behind the sample clock by more than `max_lag_s`, whole blocks are
    /// skipped and their frames counted in dropped_frames. File input never drops.
    bool live = false;
    double max_lag_s = 0.25; ///< what is in front must hold so many samples; see `max_lag_s`
    int max_batch = 16;      ///< frames per engine call, 1..64; of a `Model`: what its engine was opened with
};

/// Throws `Error` naming the first value that is outside its range.
void check(const ClassifierConfig& config);

/// How far a receiver of this rate may fall behind where the stage in front can hold `kMostSamplesLate`: a second,
/// for hosts that are sometimes busy with something else, or as long as those last.
inline constexpr double kMostSamplesLate = 3'500'000; // 28 MB
double max_lag_s(double sample_rate_hz);

/// Samples of a decision interval of `interval_s` seconds, for `ClassifierConfig::interval_samples`; the rate is
/// one that `check` accepts. Throws `Error` for a time that is negative, not finite or beyond all counting.
std::uint64_t interval_samples(double interval_s, double sample_rate_hz);

/// samples -> front end -> frames -> gate -> engine -> decision -> events, for one signal at a time.
class Classifier : public LiveClassifier
{
public:
    /// Throws `Error` for a configuration outside its ranges; compiles the network.
    Classifier(const graph::Network& network, ClassifierConfig config, EventHandler handler);

    /// The same for a model that is compiled already.
    Classifier(Model model, ClassifierConfig config, EventHandler handler);
    ~Classifier() override;
    Classifier(Classifier&&) noexcept;

    void process(const std::complex<float>* samples, std::size_t count) noexcept override;

    /// What is left is decided on if that is at least the front end's min_samples.
    void flush() noexcept override;

    /// One event for one burst, independent of the stream's interval: `count` samples of any length >= min_samples
    /// are cut into blocks, and all frames vote. `seq` goes on from the last event of either kind; sample_start
    /// counts the samples of bursts; time is the system's time of the call. The handler is not called.
    /// Returns false when the burst is too short.
    bool classify_burst(const std::complex<float>* samples, std::size_t count, LabelEvent& event) noexcept;

    /// Called before a block is classified, for tags: (sample_start, sample_count of the block). Set before
    /// `process`.
    void on_block(std::function<void(std::uint64_t, std::uint64_t)> handler);

private:
    struct Impl;
    Impl& impl() noexcept;
};

} // namespace prunedamr::stream
