// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace prunedamr::metrics {

/// Accuracy of a classifier, gathered prediction by prediction.
class PRUNEDAMR_API Scores
{
public:
    explicit Scores(std::vector<std::string> class_names);

    /// SNR is binned to the nearest multiple of 2 dB; NaN goes to no bin.
    void add(std::int32_t truth, std::int32_t predicted, float snr_db);

    const std::vector<std::string>& class_names() const { return class_names_; }
    std::int64_t count() const { return count_; }
    double accuracy() const;                       ///< 0..1; 0 when empty
    std::map<int, double> accuracy_by_snr() const; ///< bin center in dB -> 0..1
    std::vector<double> recall_by_class() const;   ///< NaN for classes never seen
    const std::vector<std::vector<std::int64_t>>& confusion() const { return confusion_; } ///< [truth][predicted]

    /// A table for people: accuracy by SNR, recall by class, confusion matrix in percent of each row.
    std::string to_text() const;

private:
    std::vector<std::string> class_names_;
    std::vector<std::vector<std::int64_t>> confusion_;
    std::map<int, std::pair<std::int64_t, std::int64_t>> by_snr_; ///< bin -> (right, all)
    std::int64_t count_ = 0;
    std::int64_t right_ = 0;
};

} // namespace prunedamr::metrics
