// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/judge.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/half.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/base/text.h"
#include "prunedamr/detect/shipped_judge.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace prunedamr::detect {
namespace {

constexpr int kMaxTreeDepth = 8;
constexpr int kMaxTrees = 10000;

/// Numbers, little endian, in base64: `count` of them, or as many as there are.
template <typename Number>
std::vector<Number> unpacked(JsonObject& fields, const char* key, std::optional<std::size_t> count = std::nullopt)
{
    const auto bytes = from_base64(fields.string(key));
    if (!bytes || bytes->size() % sizeof(Number) != 0 || (count && bytes->size() != *count * sizeof(Number)))
        fields.refuse(key, "base64 of " + (count ? std::to_string(*count) + " " : "") + "numbers of " +
                               std::to_string(8 * sizeof(Number)) + " bits");
    std::vector<Number> numbers(bytes->size() / sizeof(Number));
    std::copy(bytes->begin(), bytes->end(), reinterpret_cast<char*>(numbers.data()));
    return numbers;
}

template <typename Number> std::string packed(const std::vector<Number>& numbers)
{
    return to_base64({ reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number) });
}

BoostedTrees trees_from(const nlohmann::json& root, const std::string& where)
{
    constexpr double kMost = std::numeric_limits<float>::max();
    BoostedTrees result;
    JsonObject fields(root, where);
    result.depth = fields.int32("depth", 1, kMaxTreeDepth);
    result.base = static_cast<float>(fields.number("base", -kMost, kMost));
    const auto trees = static_cast<std::size_t>(fields.int32("trees", 0, kMaxTrees));
    const std::size_t leaves = trees << result.depth, inner = leaves - trees;
    result.features = unpacked<std::uint8_t>(fields, "feature", inner);
    const auto cuts = unpacked<float>(fields, "cuts");
    const auto chosen = unpacked<std::uint16_t>(fields, "limit", inner);
    const auto halves = unpacked<std::uint16_t>(fields, "value", leaves);
    for (std::size_t n = 0; n < inner; ++n) {
        if (result.features[n] >= kFeatures)
            throw Error({ "not a judge", where + ": feature", std::to_string(result.features[n]),
                          range_text(0, kFeatures - 1) });
        if (chosen[n] >= cuts.size())
            throw Error({ "not a judge", where + ": limit", std::to_string(chosen[n]),
                          "one of " + std::to_string(cuts.size()) + " cuts" });
        result.limits.push_back(cuts[chosen[n]]);
    }
    result.values.resize(leaves);
    from_half(halves.data(), leaves, result.values.data());
    if (!std::all_of(result.values.begin(), result.values.end(), [](float value) { return std::isfinite(value); }))
        throw Error({ "not a judge", where + ": value", "what is no number", "numbers" });
    return result;
}

std::string json_of(const BoostedTrees& trees)
{
    std::vector<float> cuts = trees.limits;
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    if (cuts.size() > std::size_t{ 1 } << 16)
        throw Error({ "a judge too large to be written", "", std::to_string(cuts.size()) + " different limits",
                      "at most 65536" });
    std::vector<std::uint16_t> chosen, values(trees.values.size());
    for (const float limit : trees.limits)
        chosen.push_back(
            static_cast<std::uint16_t>(std::lower_bound(cuts.begin(), cuts.end(), limit) - cuts.begin()));
    to_half(trees.values.data(), values.size(), values.data());
    return fmt::format("\"depth\":{},\"base\":{:.6g},\"trees\":{},\n\"feature\":\"{}\",\n\"cuts\":\"{}\","
                       "\n\"limit\":\"{}\",\n\"value\":\"{}\"",
                       trees.depth, trees.base, trees.values.size() >> trees.depth, packed(trees.features),
                       packed(cuts), packed(chosen), packed(values));
}

void add(BoostedTrees& sum, const BoostedTrees& one, float part)
{
    if (!sum.values.empty() && !one.values.empty() && sum.depth != one.depth)
        throw Error({ "judges of different depth have no mean", "--judge-others",
                      "depth " + std::to_string(one.depth), "depth " + std::to_string(sum.depth) });
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
