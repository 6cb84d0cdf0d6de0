// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/judge.h"

#include "prunedamr/base/error.h"
#include "prunedamr/detect/shipped_judge.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace prunedamr::detect {
namespace {

constexpr int kMaxTreeDepth = 8;
constexpr std::size_t kMaxTrees = 10000;

BoostedTrees trees_from(const nlohmann::json& root, const std::string& where)
{
    BoostedTrees result;
    const auto& trees = root.at("trees");
    result.depth = root.at("depth").get<int>();
    result.base = root.at("base").get<float>();
    if (result.depth < 1 || result.depth > kMaxTreeDepth || !trees.is_array() || trees.size() > kMaxTrees)
        throw Error({ "not a judge", where, "", "trees of a depth of 1..8" });
    const std::size_t inner = (std::size_t{ 1 } << result.depth) - 1;
    for (std::size_t i = 0; i < trees.size(); ++i) {
        const auto features = trees[i].at("feature").get<std::vector<std::int32_t>>();
        const auto limits = trees[i].at("limit").get<std::vector<float>>();
        const auto values = trees[i].at("value").get<std::vector<float>>();
        if (features.size() != inner || limits.size() != inner || values.size() != inner + 1)
            throw Error(
                { "not a judge", where, "tree " + std::to_string(i), "2^depth - 1 nodes and 2^depth values" });
        for (const std::int32_t feature : features)
            if (feature < 0 || feature >= kFeatures)
                throw Error({ "not a judge", where, "feature " + std::to_string(feature),
                              "one of " + std::to_string(kFeatures) });
        result.features.insert(result.features.end(), features.begin(), features.end());
        result.limits.insert(result.limits.end(), limits.begin(), limits.end());
        result.values.insert(result.values.end(), values.begin(), values.end());
    }
    return result;
}

std::string json_of(const BoostedTrees& trees)
{
    std::string text = fmt::format("\"depth\":{},\"base\":{:.6g},\"trees\":[", trees.depth, trees.base);
    const std::size_t inner = (std::size_t{ 1 } << trees.depth) - 1;
    for (std::size_t t = 0; t * inner < trees.features.size(); ++t) {
        const auto list = [&](const char* name, const auto& values, std::size_t count, const char* format) {
            text += fmt::format("\"{}\":[", name);
            for (std::size_t n = 0; n < count; ++n)
                text += (n ? "," : "") + fmt::format(fmt::runtime(format), values[t * count + n]);
            text += "]";
        };
        text += t ? ",\n{" : "\n{";
        list("feature", trees.features, inner, "{}");
        text += ",";
        list("limit", trees.limits, inner, "{:.4g}");
        text += ",";
        list("value", trees.values, inner + 1, "{:.3g}");
        text += "}";
    }
    return text + "\n]";
}

void add(BoostedTrees& sum, const BoostedTrees& one, float part)
{
    if (!sum.values.empty() && !one.values.empty() && sum.depth != one.depth)
        throw Error({ "judges of different depth", "", std::to_string(one.depth), std::to_string(sum.depth) });
    sum.depth = std::max(sum.depth, one.depth);
    sum.base += part * one.base;
    sum.features.insert(sum.features.end(), one.features.begin(), one.features.end());
    sum.limits.insert(sum.limits.end(), one.limits.begin(), one.limits.end());
    for (const float value : one.values)
        sum.values.push_back(part * value);
}

} // namespace

Judge::Judge()
{
    static const Judge shipped(kShippedJudge, "the judge of this library");
    *this = shipped;
}

Judge::Judge(BoostedTrees first, BoostedTrees second) : first_(std::move(first)), second_(std::move(second)) {}

Judge Judge::mean(const std::vector<Judge>& judges)
{
    BoostedTrees first, second;
    for (const Judge& judge : judges) {
        if (judge.second_.values.empty() != judges.front().second_.values.empty())
            throw Error({ "judges of different kinds", "", "one that judges once", "all that judge twice, or none" });
        add(first, judge.first_, 1.0f / static_cast<float>(judges.size()));
        add(second, judge.second_, 1.0f / static_cast<float>(judges.size()));
    }
    return { std::move(first), std::move(second) };
}

Judge::Judge(const std::string& json, const std::string& where)
try {
    const auto root = nlohmann::json::parse(json);
    if (root.at("features").size() != kFeatures)
        throw Error({ "not a judge", where, std::to_string(root.at("features").size()) + " features",
                      std::to_string(kFeatures) + " features" });
    first_ = trees_from(root, where);
    if (root.contains("beside_rivals"))
        second_ = trees_from(root.at("beside_rivals"), where);
} catch (const nlohmann::json::exception& e) {
    throw Error({ "not a judge", where, e.what(), "base, depth, features, trees" });
}

std::string Judge::to_json(const std::string& source) const
{
    nlohmann::ordered_json head = { { "source", source } };
    for (const char* name : kFeatureNames)
        head["features"].push_back(name);
    std::string text = head.dump();
    text.back() = ',';
    text += "\n" + json_of(first_);
    if (!second_.values.empty())
        text += ",\n\"beside_rivals\":{" + json_of(second_) + "}";
    return text + "}\n";
}

} // namespace prunedamr::detect
