// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// One network that a search tried.
struct Trial {
    std::string chain; ///< methods
    std::string budget;
    int epochs = 0; ///< of fine-tuning
    std::int64_t macs = 0;
    std::int64_t params = 0;
    double latency_us = 0.0; ///< batch 1, native engine, this host
    double validation_accuracy = 0.0;
    bool on_front = false;
};

/// Marks the trials that no other one equals or beats in accuracy and all three costs together (of equals, the
/// first stays).
void mark_front(std::vector<Trial>& trials);

nlohmann::json to_json(const std::vector<Trial>& trials);

/// The front as a table for people, most accurate first.
std::string front_text(std::vector<Trial> trials);

} // namespace prunedamr::prune
