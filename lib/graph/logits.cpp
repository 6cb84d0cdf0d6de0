// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/logits.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::graph {

LogitReader::LogitReader(const Network& network)
    : classes_(network.labels.size()),
      unknown_(static_cast<std::size_t>(std::find(network.labels.begin(), network.labels.end(), kUnknownLabel) -
                                        network.labels.begin())),
      temperature_(network.decision.temperature)
{
}

void LogitReader::probabilities(const float* logits, double* result) const noexcept
{
    const double largest = *std::max_element(logits, logits + classes_);
    double total = 0.0;
    for (std::size_t c = 0; c < classes_; ++c)
        total += result[c] = std::exp((logits[c] - largest) / temperature_);
    for (std::size_t c = 0; c < classes_; ++c)
        result[c] /= total;
}

double LogitReader::unknown_score(const float* logits) const noexcept
{
    const double largest = *std::max_element(logits, logits + classes_);
    double total = 0.0;
    for (std::size_t c = 0; c < classes_; ++c)
        if (c != unknown_)
            total += std::exp((logits[c] - largest) / temperature_);
    const double free_energy = -(largest / temperature_ + std::log(std::max(total, 1e-300)));
    return free_energy + (unknown_ < classes_ ? logits[unknown_] / temperature_ : 0.0);
}

} // namespace prunedamr::graph
