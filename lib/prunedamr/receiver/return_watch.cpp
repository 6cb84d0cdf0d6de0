// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/return_watch.h"

#include "prunedamr/base/rng.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace prunedamr::receiver {
namespace {

constexpr int kWays = 20'000;
constexpr int kTests = 2 * ReturnWatch::kLooks;

double mean(const std::vector<double>& values)
{
    return values.empty() ? 0.0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<double> column(const ReturnWatch::Blocks& blocks, double ReturnWatch::Block::*member, double sign)
{
    std::vector<double> values;
    for (const auto& block : blocks)
        values.push_back(sign * block.*member);
    return values;
}

} // namespace

double permutation_chance(const std::vector<double>& first, const std::vector<double>& second)
{
    std::vector<double> all = first;
    all.insert(all.end(), second.begin(), second.end());
    // The sum of the second decides, for that of all is the same each time; equal ones must not differ by rounding.
    const double found = std::accumulate(second.begin(), second.end(), 0.0) - 1e-9;
    Rng rng(1);
    int as_large = 0;
    for (int way = 0; way < kWays; ++way) {
        double sum = 0.0;
        for (std::size_t i = 0; i < second.size(); ++i) {
            const auto with = rng.integer(static_cast<std::int64_t>(i), static_cast<std::int64_t>(all.size()) - 1);
            std::swap(all[i], all[static_cast<std::size_t>(with)]);
            sum += all[i];
        }
        as_large += sum >= found;
    }
    return (1.0 + as_large) / (1.0 + kWays);
}

void ReturnWatch::add(stream::State state, double confidence) noexcept
{
    if (state == stream::State::noise)
        return;
    unknown_ += state == stream::State::unknown;
    confidence_ += confidence;
    if (++in_block_ < kBlock)
        return;
    const Block block{ static_cast<double>(unknown_) / kBlock, confidence_ / kBlock };
    in_block_ = unknown_ = 0;
    confidence_ = 0.0;
    if (now_.size() == kBlocks) // of a model that is on trial, so many are all
        std::rotate(now_.begin(), now_.begin() + 1, now_.end());
    if (now_.size() == kBlocks)
        now_.back() = block;
    else
        now_.push_back(block);
}

ReturnWatch::Blocks ReturnWatch::blocks() const
{
    return now_;
}

void ReturnWatch::begin(Blocks before)
{
    *this = {};
    before_ = std::move(before);
}

void ReturnWatch::end()
{
    before_.reset();
    drift_.clear();
}

void ReturnWatch::note_drift(const std::string& what)
{
    if (is_on())
        drift_ = what;
}

std::optional<ReturnWatch::Verdict> ReturnWatch::verdict()
{
    if (!is_on())
        return std::nullopt;
    if (!drift_.empty())
        return Verdict{ true, "drift since the update: " + drift_ };
    const int look = static_cast<int>(now_.size()) * kLooks / kBlocks;
    if (look <= std::exchange(looked_, look))
        return std::nullopt;
    const bool is_last = look == kLooks;
    if (before_->size() < kLeastBefore)
        return is_last ? std::optional(Verdict{ false, "there was too little before it to compare with" }) : std::nullopt;
    struct Test {
        const char* what;
        double Block::*member;
        double sign;
    };
    for (const Test& test : { Test{ "unknown signals", &Block::unknown, 1.0 }, Test{ "mean confidence", &Block::confidence, -1.0 } }) {
        const auto before = column(*before_, test.member, test.sign), now = column(now_, test.member, test.sign);
        if (mean(now) - mean(before) < kLeast || permutation_chance(before, now) > kFalseReturn / kTests)
            continue;
        return Verdict{ true, fmt::format("{} {:.1f} % in {} decisions, before {:.1f} %", test.what, 100 * test.sign * mean(now),
                                          now.size() * kBlock, 100 * test.sign * mean(before)) };
    }
    const auto rate = column(now_, &Block::unknown, 1.0), rate_before = column(*before_, &Block::unknown, 1.0);
    return is_last ? std::optional(Verdict{ false, fmt::format("unknown signals {:.1f} % in {} decisions, before {:.1f} %", 100 * mean(rate),
                                                               rate.size() * kBlock, 100 * mean(rate_before)) })
                   : std::nullopt;
}

} // namespace prunedamr::receiver
