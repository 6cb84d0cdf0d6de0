// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"

#include <string>
#include <vector>

namespace prunedamr::metrics {

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
