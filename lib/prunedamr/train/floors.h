// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

#include <string>
#include <vector>

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

} // namespace prunedamr::train
