// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/judge.h"

#include "prunedamr/base/error.h"
#include "prunedamr/detect/shipped_judge.h"

#include <nlohmann/json.hpp>

namespace prunedamr::detect {
namespace {

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxTrees = 10000;

} // namespace

Judge::Judge() : Judge(kShippedJudge, "the judge of this library") {}

Judge::Judge(const std::string& json, const std::string& where)
try {
    const auto root = nlohmann::json::parse(json);
    const auto& trees = root.at("trees");
    depth_ = root.at("depth").get<int>();
    base_ = root.at("base").get<float>();
    const bool legal = depth_ >= 1 && depth_ <= kMaxDepth && trees.is_array() && trees.size() <= kMaxTrees &&
                       root.at("features").size() == kFeatures;
    const std::size_t inner = legal ? (std::size_t{ 1 } << depth_) - 1 : 0;
    for (std::size_t i = 0; legal && i < trees.size(); ++i) {
        const auto features = trees[i].at("feature").get<std::vector<std::int32_t>>();
        const auto limits = trees[i].at("limit").get<std::vector<float>>();
        const auto values = trees[i].at("value").get<std::vector<float>>();
        if (features.size() != inner || limits.size() != inner || values.size() != inner + 1)
            throw Error({ "not a judge", where, "tree " + std::to_string(i), "2^depth - 1 nodes and 2^depth values" });
        for (std::size_t n = 0; n < inner; ++n) {
            if (features[n] < 0 || features[n] >= kFeatures)
                throw Error({ "not a judge", where, "feature " + std::to_string(features[n]), "one of " + std::to_string(kFeatures) });
            nodes_.push_back({ features[n], limits[n] });
        }
        values_.insert(values_.end(), values.begin(), values.end());
    }
    if (!legal)
        throw Error({ "not a judge", where, "", "trees of a depth of 1..8 over " + std::to_string(kFeatures) + " features" });
} catch (const nlohmann::json::exception& e) {
    throw Error({ "not a judge", where, e.what(), "base, depth, features, trees" });
}

float Judge::score(const Proposal& proposal) const noexcept
{
    const std::size_t leaves = std::size_t{ 1 } << depth_, inner = leaves - 1;
    float sum = base_;
    const Node* nodes = nodes_.data();
    for (std::size_t at = 0; at < values_.size(); at += leaves, nodes += inner) {
        std::size_t n = 0;
        while (n < inner)
            n = 2 * n + (proposal.features[nodes[n].feature] <= nodes[n].limit ? 1 : 2);
        sum += values_[at + n - inner];
    }
    return sum;
}

} // namespace prunedamr::detect
