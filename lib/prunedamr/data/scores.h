// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prunedamr::data {

/// Accuracy of a classifier, gathered prediction by prediction.
class Scores
{
public:
    explicit Scores(std::vector<std::string> class_names);

    /// SNR is binned to the nearest multiple of 2 dB; NaN goes to no bin.
    void add(std::int32_t truth, std::int32_t predicted, float snr_db);

    std::int64_t count() const { return count_; }
    double accuracy() const;                       ///< 0..1; 0 when empty
    std::map<int, double> accuracy_by_snr() const; ///< bin centre in dB -> 0..1
    std::vector<double> recall_by_class() const;   ///< NaN for classes never seen
    const std::vector<std::vector<std::int64_t>>& confusion() const { return confusion_; } ///< [truth][predicted]

    /// {"count", "accuracy", "by_snr": {"-10": a, ...}, "by_class": {name: recall}, "class_names", "confusion"}
    nlohmann::json to_json() const;

    /// A table for people: accuracy by SNR, recall by class, confusion matrix in percent of each row.
    std::string to_text() const;

private:
    std::vector<std::string> class_names_;
    std::vector<std::vector<std::int64_t>> confusion_;
    std::map<int, std::pair<std::int64_t, std::int64_t>> by_snr_; ///< bin -> (right, all)
    std::int64_t count_ = 0;
    std::int64_t right_ = 0;
};

} // namespace prunedamr::data
