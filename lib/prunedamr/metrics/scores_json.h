// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/scores.h"

#include <nlohmann/json.hpp>

/// Not installed.
namespace prunedamr::metrics {

/// {"count", "accuracy", "by_snr": {"-10": a, ...}, "by_class": {name: recall}, "class_names", "confusion"}
nlohmann::json to_json(const Scores& scores);

} // namespace prunedamr::metrics
