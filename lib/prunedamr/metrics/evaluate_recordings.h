// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/model/model.h"
#include "prunedamr/recording/recording.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace prunedamr::metrics {

/// How often an answer was right, and how often it was "unknown", which is wrong, but half as bad.
struct Answers {
    int count = 0, label_right = 0, family_right = 0, unknown = 0;
};

/// What a model says of one recording.
struct RecordingScores {
    std::string file;  ///< its name without folder and extension
    std::string truth; ///< label of its annotations, "OOK+BPSK" of several; empty: none is labeled
    std::string family;
    std::map<std::string, int> labels;     ///< how often each label was given
    std::string majority, family_majority; ///< most frequent label and family
    Answers events;                        ///< decisions of the live classifier
    Answers frames;                        ///< frames by themselves
};

/// Runs a recording through the live classifier, one decision per block of the front end, no block across the
/// border of two annotations, and each of its frames through the network alone. A recording without labeled
/// annotations is run whole and has no truth. All its samples are held in memory. Throws `Error` when it cannot be
/// read. `measure`: decisions are proven by measurement, as live.
RecordingScores evaluate_recording(const model::Model& model, recording::Recording& recording,
                                   const std::string& path, bool measure = true);

/// Of the recordings that have a truth; each counts alike, however long it is.
struct RecordingSummary {
    int recordings = 0;
    int class_right = 0, family_right = 0, unknown = 0; ///< recordings, by the majority of their decisions
    struct Fractions {
        double label_right = 0.0, family_right = 0.0, unknown = 0.0; ///< means over the recordings, 0..1
    };
    Fractions events, frames;
};

RecordingSummary summarize(const std::vector<RecordingScores>& recordings);

/// {"file", "truth", "family", "labels": {label: count}, "majority", "family_majority", "events", "frames"}, the
/// last two each {"count", "label_right", "family_right", "unknown"}.
nlohmann::json to_json(const RecordingScores& scores);

/// {"recordings", "class_right", "family_right", "unknown"} and, where there are recordings, the means
/// ("frames_label_right", ...).
nlohmann::json to_json(const RecordingSummary& summary);

} // namespace prunedamr::metrics
