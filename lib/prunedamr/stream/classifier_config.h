// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <cstdint>
#include <optional>
#include <string>

namespace prunedamr::stream {

class Clock;
class DecisionTap;

/// Frames per call of the engine where nothing else is asked for.
inline constexpr int kDefaultMaxBatch = 16;

/// How a stream is classified.
struct ClassifierConfig {
    std::string source = "rx0";  ///< name in events
    double sample_rate_hz = 1.0; ///< 1e-3..1e12, taken to the microhertz
    double center_freq_hz = 0.0; ///< tuned frequency
    /// Seconds per decision, at most 2^40 samples; rounded up to whole blocks of the front end, or epochs of the
    /// detector where there is one. 0: one of these.
    double interval_s = 0.0;
    double noise_floor_dbfs = -120.0;     ///< known noise power of the receiver
    double squelch_margin_db = 3.0;       ///< a block below floor + margin is "noise" without asking the network
    std::optional<double> min_confidence; ///< overrides the model's decision threshold, 0..1
    /// Decisions are measured (`measure::Measurer`), and made again with what was. Some 20 MB, or 25 MB where signals are
    /// followed, and milliseconds each.
    bool measure = true;
    bool evidence = false; ///< events hold the points that were measured
    DecisionTap* decisions = nullptr; ///< looks on where decisions are measured; not owned, outlives the classifier
    /// Live input: when processing falls behind the sample clock by more than `max_lag_s`, whole blocks (epochs) are
    /// skipped and their frames counted in dropped_frames. File input never drops.
    bool live = false;
    /// 1e-3..3600; none: `default_max_lag_s`. What stands in front must be able to hold as many samples.
    std::optional<double> max_lag_s;
    int max_batch =
        kDefaultMaxBatch; ///< frames per engine call, 1..64; of a `Model`: what its engine was opened with

    /// For tests; not owned, outlives the classifier. None: `real_clock`.
    const Clock* clock = nullptr;
};

/// Throws `Error` naming the first value that is outside its range.
PRUNEDAMR_API void check(const ClassifierConfig& config);

/// How far a receiver of this rate may fall behind where the stage in front can hold `kMostSamplesLate`: a second,
/// for hosts that are sometimes busy with something else, or as long as those last.
inline constexpr double kMostSamplesLate = 3'500'000; // 28 MB
PRUNEDAMR_API double default_max_lag_s(double sample_rate_hz);

/// Whole samples in a time, both as `check` accepts them.
PRUNEDAMR_API std::uint64_t sample_count(double time_s, double sample_rate_hz);

} // namespace prunedamr::stream
