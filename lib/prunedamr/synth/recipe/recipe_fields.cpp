// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/recipe_fields.h"

#include "prunedamr/base/error.h"

#include <utility>

namespace prunedamr::synth {

Fields::Fields(const nlohmann::json& object, std::string where) : object_(object), where_(std::move(where))
{
    if (!object.is_object())
        throw Error({ "not an object", where_, object.dump().substr(0, 60), "{...}" });
}

bool Fields::has(const char* key) const
{
    return object_.contains(key);
}

const nlohmann::json& Fields::at(const char* key)
{
    const auto entry = object_.find(key);
    if (entry == object_.end())
        throw Error({ std::string("missing '") + key + "'", where_, "", "" });
    read_.insert(key);
    return *entry;
}

Distribution Fields::distribution(const char* key, double least, double most)
{
    return Distribution::from_json(at(key), where_ + ": " + key, least, most);
}

Choice Fields::choice(const char* key, const std::vector<std::string>& names)
{
    return Choice::from_json(at(key), where_ + ": " + key, names);
}

double Fields::number(const char* key, double least, double most)
{
    const auto& entry = at(key);
    if (!entry.is_number() || !(entry.get<double>() >= least && entry.get<double>() <= most))
        throw Error(
            { std::string("bad '") + key + "'", where_, entry.dump().substr(0, 60), range_text(least, most) });
    return entry.get<double>();
}

double Fields::probability(const char* key)
{
    return number(key, 0.0, 1.0);
}

std::string Fields::text(const char* key)
{
    const auto& entry = at(key);
    if (!entry.is_string())
        throw Error({ std::string("bad '") + key + "'", where_, entry.dump().substr(0, 60), "a string" });
    return entry.get<std::string>();
}

void Fields::finish(const char* expected) const
{
    for (const auto& [key, value] : object_.items())
        if (read_.count(key) == 0)
            throw Error({ "unknown key", where_, key, expected });
}

} // namespace prunedamr::synth
