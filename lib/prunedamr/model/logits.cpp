// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/logits.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::model {

LogitReader::LogitReader(const ModelInfo& info, const Decision& decision)
    : temperature_(decision.temperature), threshold_(decision.unknown_score)
{
    for (std::size_t c = 0; c < info.labels.size(); ++c)
        kind_.push_back(info.labels[c] == kUnknownLabel    ? Kind::unknown
                        : info.families[c] == kNoiseFamily ? Kind::noise
                                                           : Kind::named);
}

void LogitReader::probabilities(const float* logits, double* result) const noexcept
{
    const double largest = *std::max_element(logits, logits + classes());
    double total = 0.0;
    for (std::size_t c = 0; c < classes(); ++c)
        total += result[c] = std::exp((logits[c] - largest) / temperature_);
    for (std::size_t c = 0; c < classes(); ++c)
        result[c] /= total;
}

double LogitReader::unknown_score(const float* logits) const noexcept
{
    const double largest = *std::max_element(logits, logits + classes());
    double named = 0.0, unknown = 0.0;
    for (std::size_t c = 0; c < classes(); ++c)
        if (kind_[c] == Kind::unknown)
            unknown = logits[c] / temperature_;
        else
            named += std::exp((logits[c] - largest) / temperature_);
    const double free_energy = -(largest / temperature_ + std::log(std::max(named, 1e-300)));
    return free_energy + unknown;
}

std::size_t LogitReader::best_named(const double* probabilities) const noexcept
{
    std::size_t best = 0;
    for (std::size_t c = 1; c < classes(); ++c)
        if (kind_[c] != Kind::unknown && (kind_[best] == Kind::unknown || probabilities[c] > probabilities[best]))
            best = c;
    return best;
}

std::size_t LogitReader::decide(const double* probabilities, double unknown_score) const noexcept
{
    if (std::isnan(probabilities[0]))
        return kUnknown;
    const auto best =
        static_cast<std::size_t>(std::max_element(probabilities, probabilities + classes()) - probabilities);
    const bool unknown = std::isinf(threshold_) ? kind_[best] == Kind::unknown : unknown_score > threshold_;
    if (unknown && kind_[best] != Kind::noise)
        return kUnknown;
    return best_named(probabilities);
}

} // namespace prunedamr::model
