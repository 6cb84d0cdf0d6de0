// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/boosted_trees.h"
#include "prunedamr/detect/proposal.h"

#include <string>

namespace prunedamr::detect {

/// Whether a proposal is the box of an emission: log-odds by boosted regression trees, learnt from synthetic
/// scenes. It judges twice, each proposal for itself and then beside its rivals.
class Judge
{
public:
    Judge(); ///< the trees that this library was built with

    /// {"features": [names], "depth": D, "base": log-odds of all, "trees": N, and the arrays of `BoostedTrees` as
    /// little-endian numbers in base64: "feature" (8 bits), "limit" (16 bits, which of "cuts", float32), "value"
    /// (float16); "beside_rivals": the same for the second judgment; without it the first one stands}.
    /// Throws `Error` for anything else.
    Judge(const std::string& json, const std::string& where);

    Judge(BoostedTrees first, BoostedTrees second);

    /// Says the mean of what they say; they were fitted to different scenes. At least one; throws `Error` when their
    /// trees are not of one depth.
    static Judge mean(const std::vector<Judge>& judges);

    float score(const Proposal& proposal) const noexcept { return first_.score(proposal.features.data()); }
    /// With the features that tell of its rivals.
    float score_beside_rivals(const Proposal& proposal) const noexcept
    {
        return second_.values.empty() ? proposal.score : second_.score(proposal.features.data());
    }

    std::string to_json(const std::string& source) const; ///< with values as float16

private:
    BoostedTrees first_, second_;
};

} // namespace prunedamr::detect
