// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace prunedamr::tool {

struct FitOptions {
    std::vector<std::string> rows; ///< files of `eval --proposals`
    std::string out;
    std::string source; ///< what the rows were made from, for the file
    int trees = 300, depth = 6;
    double keep = 0.2; ///< part of the rows that are wrong, of which there are many
};

/// Fits the detector's judge to rows of proposals, each float32: how right, part of the epoch that it lasts, features.
/// A tenth is held back; what it says of those is printed.
void fit_judge(const FitOptions& options);

} // namespace prunedamr::tool
