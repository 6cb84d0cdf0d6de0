// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace prunedamr::data {

class Scores;

/// What each confusion costs an operator. Empty: nobody weighs them.
class CostMatrix
{
public:
    CostMatrix() = default;

    /// {"truth": {"predicted": cost}}; pairs that are not named cost 0 on the diagonal and 1 elsewhere.
    /// Throws `Error` for a class that is not among `class_names`, or a cost that is no number of 0..1e6.
    CostMatrix(const nlohmann::json& json, const std::vector<std::string>& class_names, const std::string& where);

    bool empty() const { return rows_.empty(); }
    const std::vector<std::vector<double>>& rows() const { return rows_; } ///< [truth][predicted]

    /// Mean over the predictions; 0 when there are none.
    double mean(const Scores& scores) const;

private:
    std::vector<std::vector<double>> rows_;
};

/// Reads the JSON file. Throws `Error`, also when it cannot be read.
CostMatrix read_cost_matrix(const std::string& path, const std::vector<std::string>& class_names);

} // namespace prunedamr::data
