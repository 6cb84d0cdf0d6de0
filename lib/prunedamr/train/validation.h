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
Floor parse_floor(const std::string& text);
std::string to_text(const Floor& floor);

/// Recalls of floors on some frames of a data set.
class FloorMeter
{
public:
    /// Throws `Error` naming a class that is not in the data set, or that has none of the frames that count.
    FloorMeter(const std::vector<Floor>& floors, const dataset::Dataset& dataset,
               const std::vector<std::int64_t>& indices);

    /// Recall 0..1 of each floor; `predicted` holds a class for each of the indices.
    std::vector<double> recalls(const std::vector<std::int64_t>& predicted) const;

private:
    struct Counted {
        std::int64_t label = 0;
        std::vector<std::size_t> frames; ///< positions among the indices
    };
    std::vector<Counted> counted_;
};

/// Sum over the floors of what is missing; 0 where all are held.
double shortfall(const std::vector<Floor>& floors, const std::vector<double>& recalls);

/// Weights [classes] of the loss after epochs that reached `recalls` (one row each): a quarter more for each epoch
/// that a class was below a floor of it, at most 20.
std::vector<double> class_weights(const std::vector<Floor>& floors, const std::vector<std::string>& class_names,
                                  const std::vector<std::vector<double>>& recalls);

/// Throws `Error` naming class, reached and wanted if a floor is not held.
void check_floors(const std::vector<Floor>& floors, const std::vector<double>& recalls);

/// Measures epochs on the validation part and says which is better.
class Validation
{
public:
    /// Throws `Error` when there are floors and the frames to measure them are missing.
    Validation(const dataset::Dataset& dataset, const FitConfig& config, const c10::Device& device);

    bool empty() const { return indices_.empty(); }

    /// Each process infers its share. Fills in accuracy, cost and recalls of `epoch`. Nothing without a validation
    /// part.
    void measure(nn::GraphModule& module, Epoch& epoch) const;

    /// Less shortfall from the floors; then less cost if there is a cost matrix, else higher accuracy.
    bool better(const Epoch& epoch, const Epoch& than) const;

private:
    const dataset::Dataset& dataset_;
    const FitConfig& config_;
    c10::Device device_;
    std::vector<std::int64_t> indices_;
    FloorMeter floors_;
};

} // namespace prunedamr::train
