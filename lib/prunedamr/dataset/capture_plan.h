// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/recording.h"

#include <string>
#include <vector>

namespace prunedamr::dataset {

/// A labeled stretch of a capture, and the channel in which its signal is.
struct Stretch {
    std::uint64_t start = 0; ///< samples
    std::uint64_t count = 0;
    std::string label;             ///< in the project's spelling
    double center = 0.0;           ///< of the signal, cycles per sample
    double bandwidth = 1.0;        ///< of the signal by its annotation; 1: not known
    double channel_fraction = 1.0; ///< fraction of the rate to be kept around it; 1: all
};

/// What is not used, and why.
struct Skipped {
    std::uint64_t start = 0;
    std::uint64_t count = 0;
    std::string label;
    std::string reason;
};

struct CapturePlan {
    std::vector<Stretch> stretches; ///< by their starts
    std::vector<Skipped> skipped;
};

/// Which stretches of a capture become frames: its labeled annotations; where there are none, its annotations or
/// the whole of it under `label`. A signal with frequency edges gets a channel whose rate is three times its
/// bandwidth, lower (to 1.5 times) where others are on the air beside it. Not used is what has no label, overlaps
/// another in time and cannot be told from it by frequency, lies outside of the capture's band, or holds a
/// retuning.
CapturePlan plan_capture(const recording::RecordingInfo& info, const std::string& label);

} // namespace prunedamr::dataset
