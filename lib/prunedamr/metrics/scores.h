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

class Scores;

/// What each confusion costs an operator. Empty: nobody weighs them.
class PRUNEDAMR_API CostMatrix
{
public:
    CostMatrix() = default;

    /// JSON text, {"truth": {"predicted": cost}}; pairs that are not named cost 0 on the diagonal and 1 elsewhere.
    /// Throws `Error` naming `where` for what is not JSON, for a class that is not among `class_names`, and for a
    /// cost that is no number of 0..1e6.
    CostMatrix(const std::string& json, const std::vector<std::string>& class_names, const std::string& where);

    bool empty() const { return rows_.empty(); }
    const std::vector<std::vector<double>>& rows() const { return rows_; } ///< [truth][predicted]

    /// Mean over the predictions; 0 when there are none.
    double mean(const Scores& scores) const;

private:
    std::vector<std::vector<double>> rows_;
};

/// Reads the JSON file. Throws `Error`, also when it cannot be read.
PRUNEDAMR_API CostMatrix read_cost_matrix(const std::string& path, const std::vector<std::string>& class_names);

} // namespace prunedamr::metrics
