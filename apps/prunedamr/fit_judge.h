// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/detections.h"

#include <string>
#include <vector>

namespace prunedamr::tool {

struct FitOptions {
    std::vector<std::string> epochs; ///< files of `eval --proposals`
    std::string out;
    std::string source; ///< what they were made from, for the file
    int trees = 300, depth = 6;
    std::vector<std::string> others; ///< judges that were fitted before: the mean of all is written
};

/// Fits the detector's judge and takes the mean with others, if any; prints and returns what it would report of the
/// scenes that were held back.
metrics::DetectionScores fit_judge(const FitOptions& options);

} // namespace prunedamr::tool
