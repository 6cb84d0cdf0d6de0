// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/json_fields.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <limits>

namespace prunedamr::graph {
namespace {

constexpr std::int64_t kLargest = std::int64_t{ 1 } << 53; // what every JSON reader keeps exactly

bool is_integer(const nlohmann::json& value, std::int64_t low, std::int64_t high)
{
    if (value.is_number_unsigned())
        return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(high);
    return value.is_number_integer() && value.get<std::int64_t>() >= low && value.get<std::int64_t>() <= high;
}

bool is_int(const nlohmann::json& value)
{
    return is_integer(value, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
}

} // namespace

JsonFields::JsonFields(const nlohmann::json& json, std::string where) : json_(json), where_(std::move(where))
{
    if (!json.is_object())
        throw Error({ "not a JSON object", where_, json.type_name(), "object" });
}

void JsonFields::fail(const char* key, const char* expected) const
{
    throw Error({ std::string("bad value of '") + key + "'", where_, json_.at(key).type_name(), expected });
}

bool JsonFields::has(const char* key) const
{
    return json_.contains(key);
}

const nlohmann::json& JsonFields::at(const char* key)
{
    const auto found = json_.find(key);
    if (found == json_.end())
        throw Error({ std::string("missing key '") + key + "'", where_, "", "" });
    read_.push_back(key);
    return *found;
}

std::string JsonFields::text(const char* key)
{
    const auto& value = at(key);
    if (!value.is_string())
        fail(key, "a string");
    return value.get<std::string>();
}

std::vector<std::string> JsonFields::texts(const char* key)
{
    const auto& value = at(key);
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), [](const auto& v) { return v.is_string(); }))
        fail(key, "a list of strings");
    return value.get<std::vector<std::string>>();
}

bool JsonFields::boolean(const char* key)
{
    const auto& value = at(key);
    if (!value.is_boolean())
        fail(key, "true or false");
    return value.get<bool>();
}

double JsonFields::number(const char* key)
{
    const auto& value = at(key);
    if (!value.is_number())
        fail(key, "a number");
    return value.get<double>();
}

std::int64_t JsonFields::integer(const char* key)
{
    const auto& value = at(key);
    if (!is_integer(value, -kLargest, kLargest))
        fail(key, "an integer within +-2^53");
    return value.get<std::int64_t>();
}

int JsonFields::small_integer(const char* key)
{
    const auto& value = at(key);
    if (!is_int(value))
        fail(key, "a 32-bit integer");
    return value.get<int>();
}

std::vector<int> JsonFields::small_integers(const char* key, std::size_t count)
{
    const auto& value = at(key);
    if (!value.is_array() || value.size() != count || !std::all_of(value.begin(), value.end(), is_int))
        fail(key, count == 2 ? "two 32-bit integers" : "a list of 32-bit integers");
    return value.get<std::vector<int>>();
}

void JsonFields::refuse_others() const
{
    for (const auto& [key, value] : json_.items())
        if (std::find(read_.begin(), read_.end(), key) == read_.end())
            throw Error({ "unknown key", where_, "'" + key + "'", "" });
}

} // namespace prunedamr::graph
