// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/distribution.h"

#include "prunedamr/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

using nlohmann::json;

constexpr const char* kForms = "a number, [low, high], {\"log\": [low, high]} or {\"one_of\": [...]}";

Error malformed(const json& json, const std::string& where)
{
    return Error({ "not a random quantity", where, json.dump().substr(0, 60), kForms });
}

std::vector<double> numbers(const json& list, const std::string& where)
{
    std::vector<double> values;
    for (const auto& entry : list) {
        if (!entry.is_number() || !std::isfinite(entry.get<double>()))
            throw malformed(list, where);
        values.push_back(entry.get<double>());
    }
    return values;
}

} // namespace

Distribution::Distribution(double constant) : values_{ constant, constant } {}

Distribution::Distribution(JsonObject& fields, const char* key, double min, double max)
    : Distribution(from_json(fields.at(key), fields.where() + ": " + key, min, max))
{
}

Distribution Distribution::from_json(const json& json, const std::string& where, double min, double max)
{
    Distribution result;
    if (json.is_number()) {
        result.values_ = numbers(json::array({ json, json }), where);
    } else if (json.is_array()) {
        result.values_ = numbers(json, where);
    } else if (json.is_object() && json.size() == 1 && json.begin()->is_array()) {
        const std::string& law = json.begin().key();
        if (law != "log" && law != "one_of")
            throw malformed(json, where);
        result.law_ = law == "log" ? Law::log_uniform : Law::one_of;
        result.values_ = numbers(*json.begin(), where);
    } else {
        throw malformed(json, where);
    }
    auto& values = result.values_;
    if (result.law_ == Law::one_of)
        std::sort(values.begin(), values.end());
    else if (values.size() != 2 || values[0] > values[1])
        throw Error({ "not a range", where, json.dump().substr(0, 60), "[low, high], low <= high" });
    if (values.empty() || values.front() < min || values.back() > max)
        throw Error({ "value out of range", where, json.dump().substr(0, 60), range_text(min, max) });
    if (result.law_ == Law::log_uniform && values.front() <= 0.0)
        throw Error({ "a log-uniform range begins above 0", where, json.dump().substr(0, 60), "" });
    return result;
}

double Distribution::draw(Rng& rng) const
{
    return draw_within(low(), high(), rng);
}

double Distribution::draw_within(double low, double high, Rng& rng) const
{
    if (law_ == Law::one_of) {
        const auto last = static_cast<std::int64_t>(values_.size()) - 1;
        return std::clamp(values_[static_cast<std::size_t>(rng.integer(0, last))], low, high);
    }
    const double from = std::clamp(values_[0], low, high), to = std::clamp(values_[1], low, high);
    return law_ == Law::log_uniform ? rng.log_uniform(from, to) : rng.uniform(from, to);
}

double Distribution::low() const
{
    return values_.front();
}

double Distribution::high() const
{
    return values_.back();
}

WeightedChoice::WeightedChoice(JsonObject& fields, const char* key, const std::vector<std::string>& names)
    : WeightedChoice(from_json(fields.at(key), fields.where() + ": " + key, names))
{
}

WeightedChoice WeightedChoice::from_json(const json& json, const std::string& where,
                                         const std::vector<std::string>& names)
{
    std::string known;
    for (const auto& name : names)
        known += (known.empty() ? "" : ", ") + name;
    if (!json.is_object())
        throw Error({ "not a choice", where, json.dump().substr(0, 60), "{name: weight} of " + known });
    std::vector<double> weights(names.size(), 0.0);
    for (const auto& [name, weight] : json.items()) {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end())
            throw Error({ "unknown alternative", where, name, known });
        if (!weight.is_number() || !(weight.get<double>() >= 0.0))
            throw Error({ "bad weight of " + name, where, weight.dump().substr(0, 60), "a number, at min 0" });
        weights[static_cast<std::size_t>(found - names.begin())] = weight.get<double>();
    }
    WeightedChoice choice;
    double sum = 0.0;
    for (const double weight : weights)
        choice.cumulative_.push_back(sum += weight);
    if (!(sum > 0.0) || !std::isfinite(sum))
        throw Error({ "weights are all zero", where, json.dump().substr(0, 60), "at min one above 0" });
    return choice;
}

int WeightedChoice::draw(Rng& rng) const
{
    const double u = rng.uniform() * cumulative_.back();
    return static_cast<int>(std::upper_bound(cumulative_.begin(), cumulative_.end(), u) - cumulative_.begin());
}

} // namespace prunedamr::synth
