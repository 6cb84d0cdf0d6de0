// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/judge.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/detect/shipped_judge.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <limits>

namespace prunedamr::detect {
namespace {

constexpr int kMaxTreeDepth = 8;
constexpr std::size_t kMaxTrees = 10000;

template <typename Number>
std::vector<Number> numbers(JsonObject& fields, const char* key, std::size_t count, double min, double max)
{
    const auto& list = fields.list(key);
    std::vector<Number> result;
    for (const auto& value : list)
        if (value.is_number() && value.get<double>() >= min && value.get<double>() <= max)
            result.push_back(value.get<Number>());
    if (list.size() != count || result.size() != count)
        fields.refuse(key, std::to_string(count) + " of: " + range_text(min, max));
    return result;
}

BoostedTrees trees_from(const nlohmann::json& root, const std::string& where)
{
    constexpr double kMost = std::numeric_limits<float>::max();
    BoostedTrees result;
    JsonObject fields(root, where);
    const auto& trees = fields.list("trees");
    result.depth = fields.int32("depth", 1, kMaxTreeDepth);
    result.base = static_cast<float>(fields.number("base", -kMost, kMost));
    if (trees.size() > kMaxTrees)
        throw Error({ "not a judge: too many trees", where, std::to_string(trees.size()),
                      "at most " + std::to_string(kMaxTrees) });
    const std::size_t inner = (std::size_t{ 1 } << result.depth) - 1;
    for (std::size_t i = 0; i < trees.size(); ++i) {
        JsonObject tree(trees[i], where + ": tree " + std::to_string(i));
        const auto features = numbers<std::int32_t>(tree, "feature", inner, 0, kFeatures - 1);
        const auto limits = numbers<float>(tree, "limit", inner, -kMost, kMost);
        const auto values = numbers<float>(tree, "value", inner + 1, -kMost, kMost);
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
        throw Error({ "judges of different depth have no mean", "--judge-others", "depth " + std::to_string(one.depth),
                      "depth " + std::to_string(sum.depth) });
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
            throw Error({ "judges of different kinds have no mean", "--judge-others", "one that judges once",
                          "all that judge twice, or none" });
        add(first, judge.first_, 1.0f / static_cast<float>(judges.size()));
        add(second, judge.second_, 1.0f / static_cast<float>(judges.size()));
    }
    return { std::move(first), std::move(second) };
}

Judge::Judge(const std::string& json, const std::string& where)
{
    const auto root = parse_json(json, where, "a judge: an object with features, base, depth and trees");
    const bool has_features = root.is_object() && root.contains("features") && root["features"].is_array();
    if (!has_features || root["features"].size() != kFeatures)
        throw Error({ "not a judge", where,
                      has_features ? std::to_string(root["features"].size()) + " features" : "no list of features",
                      std::to_string(kFeatures) + " features" });
    first_ = trees_from(root, where);
    if (root.contains("beside_rivals"))
        second_ = trees_from(root["beside_rivals"], where + ": beside_rivals");
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
