// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/proposal.h"

#include <vector>

namespace prunedamr::detect {

/// Which of the proposals of an epoch are emissions. What overlaps cannot be true at once, so a proposal is judged
/// twice: for itself, and then beside its rivals, those that hold it, that it holds, and that cross it, with what
/// the first judgment said of them. Allocates at construction only.
class Choice
{
public:
    static constexpr int kMaxChosen = 1024;

    explicit Choice(int max_proposals);

    /// From the scores of the first judgment, the features of each proposal that tell of its rivals.
    void describe_rivals(Proposal* proposals, int count) noexcept;

    /// The best by score of those that overlap, from `min_score` on; returns how many.
    int choose(const Proposal* proposals, int count, float min_score) noexcept;
    const int* chosen() const noexcept { return chosen_.data(); } ///< numbers of proposals, best first
    int* chosen() noexcept { return chosen_.data(); }

private:
    void describe_parts(Proposal& p, const Proposal* proposals) noexcept;
    int rank(const Proposal* proposals, int count, float min_score) noexcept;

    std::vector<int> order_, chosen_, parts_, taken_;
    std::vector<float> parts_mean_; ///< [proposals] mean log-odds of the parts, kNone without any
};

} // namespace prunedamr::detect
