// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/paired_comparison.h"

#include <fmt/format.h>

#include <cmath>

namespace prunedamr::metrics {
namespace {

double fraction(std::int64_t part, std::int64_t whole)
{
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

} // namespace

void PairedComparison::add(std::int32_t truth, std::int32_t before, std::int32_t after, std::int64_t group)
{
    const int change = (after == truth) - (before == truth);
    Sum& sum = groups_[group];
    ++sum.frames;
    sum.change += change;
    ++count_;
    change_ += change;
    differing_ += before != after;
}

double PairedComparison::accuracy() const
{
    return fraction(change_, count_);
}

double PairedComparison::standard_error() const
{
    double squares = 0.0;
    for (const auto& [group, sum] : groups_) {
        const double excess = static_cast<double>(sum.change) - accuracy() * static_cast<double>(sum.frames);
        squares += excess * excess;
    }
    return count_ > 0 ? std::sqrt(squares) / static_cast<double>(count_) : 0.0;
}

double PairedComparison::differing() const
{
    return fraction(differing_, count_);
}

nlohmann::json PairedComparison::to_json() const
{
    return { { "count", count_ },
             { "accuracy", accuracy() },
             { "standard_error", standard_error() },
             { "differing", differing() } };
}

std::string PairedComparison::to_text() const
{
    return fmt::format("{:+.2f} points, standard error {:.2f}; {:.1f} % of the decisions differ",
                       100.0 * accuracy(), 100.0 * standard_error(), 100.0 * differing());
}

} // namespace prunedamr::metrics
