// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/proposal.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::detect {

/// Whether a proposal is the box of an emission: the log-odds by boosted regression trees (Friedman, 2001), learnt
/// from synthetic scenes.
class Judge
{
public:
    Judge(); ///< the trees that this library was built with

    /// {"features": [names], "base": log-odds of all, "trees": [{"feature": [...], "limit": [...], "value": [...]}]}:
    /// complete binary trees, the children of node n are 2n + 1 (feature <= limit) and 2n + 2; `value` [leaves].
    /// Throws `Error` for anything else.
    Judge(const std::string& json, const std::string& where);

    float score(const Proposal& proposal) const noexcept;

private:
    struct Node {
        std::int32_t feature;
        float limit;
    };

    int depth_ = 0;
    float base_ = 0.0f;
    std::vector<Node> nodes_;   ///< [trees][2^depth - 1]
    std::vector<float> values_; ///< [trees][2^depth]
};

} // namespace prunedamr::detect
