// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace prunedamr::nn {
class GraphModule;
} // namespace prunedamr::nn

namespace prunedamr::train {

/// "BPSK=95%@10dB" or "BPSK=95%". Throws `Error` showing the form.
RecallConstraint parse_recall_constraint(const std::string& text);
std::string to_text(const RecallConstraint& constraint);

/// Recalls of recall constraints on some frames of a data set.
class RecallMeter
{
public:
    /// Throws `Error` naming a class that is not in the data set, or that has none of the frames that count.
    RecallMeter(const std::vector<RecallConstraint>& recall_constraints, const dataset::Dataset& dataset,
               const std::vector<std::int64_t>& indices);

    /// Recall 0..1 of each constraint; `predicted` holds a class for each of the indices.
    std::vector<double> recalls(const std::vector<std::int64_t>& predicted) const;

private:
    struct Counted {
        std::int64_t label = 0;
        std::vector<std::size_t> frames; ///< positions among the indices
    };
    std::vector<Counted> counted_;
};

/// Sum over the recall constraints of what is missing; 0 where all are held.
double missing_recall(const std::vector<RecallConstraint>& recall_constraints, const std::vector<double>& recalls);

/// Weights [classes] of the loss after epochs that reached `recalls` (one row each): a quarter more for each epoch
/// that a class was below a constraint on it, at most 20.
std::vector<double> class_weights(const std::vector<RecallConstraint>& recall_constraints, const std::vector<std::string>& class_names,
                                  const std::vector<std::vector<double>>& recalls);

/// Throws `Error` naming class, reached and wanted if a constraint is not held.
void check_recall_constraints(const std::vector<RecallConstraint>& recall_constraints, const std::vector<double>& recalls);

/// Measures epochs on the validation part and says which is better.
class Validation
{
public:
    /// Throws `Error` when there are recall constraints and the frames to measure them are missing.
    Validation(const dataset::Dataset& dataset, const FitConfig& config, const c10::Device& device);

    bool empty() const { return indices_.empty(); }

    /// Each process infers its part. Fills in accuracy, cost and recalls of `epoch`. Nothing without a validation
    /// part.
    void measure(nn::GraphModule& module, Epoch& epoch) const;

    /// Less missing_recall from the recall constraints; then less cost if there is a cost matrix, else higher accuracy.
    bool better(const Epoch& epoch, const Epoch& than) const;

private:
    const dataset::Dataset& dataset_;
    const FitConfig& config_;
    c10::Device device_;
    std::vector<std::int64_t> indices_;
    RecallMeter recall_meter_;
};

} // namespace prunedamr::train
