// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <cstddef>
#include <vector>

namespace prunedamr::graph {

/// Class that stands for signals which no other class names; a network may have it or not.
inline constexpr const char* kUnknownLabel = "unknown";

/// What the logits of one frame say. Neither allocates nor throws after construction.
class LogitReader
{
public:
    explicit LogitReader(const Network& network);

    std::size_t classes() const noexcept { return classes_; }
    bool is_unknown(std::size_t index) const noexcept { return index == unknown_; }

    /// Calibrated probabilities: softmax of logits / temperature (Guo et al. 2017). Both [classes].
    void probabilities(const float* logits, double* result) const noexcept;

    /// How little the frame looks like any class that has a name: minus the free energy of their logits (Liu et al.
    /// 2020, energy score), against the logit of the class `unknown` where the network has it. In units of
    /// logit / temperature. Signals above `Decision::unknown_score` are unknown.
    double unknown_score(const float* logits) const noexcept;

private:
    std::size_t classes_;
    std::size_t unknown_; ///< `classes_` when there is none
    double temperature_;
};

} // namespace prunedamr::graph
