// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "apps/prunedamr/fit_judge.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::tool {

struct DetectionOptions {
    int scenes = 0;
    std::vector<std::string> captures;
    std::uint64_t seed = 1;
    double rate_hz = 2e6;
    double duration_s = 1.0;
    bool noise = false;
    bool list = false;
    std::string judge, proposals;
    FitOptions fit;

    bool wanted() const { return scenes > 0 || !captures.empty() || !fit.epochs.empty(); }
};

void add_detection_options(CLI::App& command, DetectionOptions& options);

/// Measures the detector on scenes that it has not seen, or on annotated captures; prints and returns the scores.
nlohmann::json eval_detection(const DetectionOptions& options);

} // namespace prunedamr::tool
