// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/json_object.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace prunedamr {
namespace {

using nlohmann::json;

std::string shown(const json& value)
{
    if (value.is_structured())
        return value.type_name();
    return value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60);
}

std::optional<std::int64_t> whole_number(const json& value)
{
    constexpr double kLimit = 9223372036854775808.0; // 2^63
    if (value.is_number_unsigned() && value.get<std::uint64_t>() >> 63 != 0)
        return std::nullopt;
    if (value.is_number_integer())
        return value.get<std::int64_t>();
    const double real = value.is_number_float() ? value.get<double>() : 0.5;
    if (!(real >= -kLimit && real < kLimit) || real != std::floor(real))
        return std::nullopt;
    return static_cast<std::int64_t>(real);
}

bool is_int32(const json& value)
{
    const auto number = whole_number(value);
    return number && *number == static_cast<int>(*number);
}

std::string concat(const std::vector<std::string>& names, const std::string& last_separator)
{
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += (i == 0 ? "" : i + 1 == names.size() ? last_separator : ", ") + names[i];
    return text;
}

} // namespace

JsonObject::JsonObject(const json& json, std::string where) : json_(json), where_(std::move(where))
{
    if (!json.is_object())
        throw Error({ "not a JSON object", where_, shown(json), "" });
}

bool JsonObject::has(const std::string& key)
{
    return find(key) != nullptr;
}

const json* JsonObject::find(const std::string& key)
{
    if (std::find(known_.begin(), known_.end(), key) == known_.end())
        known_.push_back(key);
    const auto entry = json_.find(key);
    return entry == json_.end() || entry->is_null() ? nullptr : &*entry;
}

const json& JsonObject::at(const std::string& key)
{
    if (const json* value = find(key))
        return *value;
    const auto entry = json_.find(key);
    if (entry == json_.end())
        throw Error({ "missing key '" + key + "'", where_, "", "" });
    return *entry;
}

std::string JsonObject::string(const std::string& key)
{
    const json& value = at(key);
    if (!value.is_string())
        refuse(key, "a string");
    return value.get<std::string>();
}

std::string JsonObject::string_or(const std::string& key, const std::string& otherwise)
{
    return has(key) ? string(key) : otherwise;
}

std::vector<std::string> JsonObject::strings(const std::string& key)
{
    const json& value = at(key);
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), [](const json& v) { return v.is_string(); }))
        refuse(key, "a list of strings");
    return value.get<std::vector<std::string>>();
}

std::size_t JsonObject::one_of(const std::string& key, const std::vector<std::string>& names)
{
    const json& value = at(key);
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& name) { return value == name; });
    if (found == names.end())
        refuse(key, concat(names, " or "));
    return static_cast<std::size_t>(found - names.begin());
}

bool JsonObject::boolean(const std::string& key)
{
    const json& value = at(key);
    if (!value.is_boolean())
        refuse(key, "true or false");
    return value.get<bool>();
}

double JsonObject::number(const std::string& key, double min, double max)
{
    const json& value = at(key);
    const double number = value.is_number() ? value.get<double>() : kInfinity;
    if (!std::isfinite(number) || number < min || number > max)
        refuse(key, range_text(min, max));
    return number;
}

double JsonObject::number_or(const std::string& key, double otherwise, double min, double max)
{
    return has(key) ? number(key, min, max) : otherwise;
}

std::optional<double> JsonObject::optional_number(const std::string& key, double min, double max)
{
    return has(key) ? std::optional(number(key, min, max)) : std::nullopt;
}

std::int64_t JsonObject::integer(const std::string& key, std::int64_t min, std::int64_t max)
{
    const auto number = whole_number(at(key));
    if (!number || *number < min || *number > max)
        refuse(key, "a whole number, " + (max == std::numeric_limits<std::int64_t>::max()
                                              ? "at least " + std::to_string(min)
                                              : std::to_string(min) + ".." + std::to_string(max)));
    return *number;
}

int JsonObject::int32(const std::string& key, int min, int max)
{
    return static_cast<int>(integer(key, min, max));
}

std::vector<int> JsonObject::int32s(const std::string& key, std::size_t count)
{
    const json& value = at(key);
    if (!value.is_array() || value.size() != count || !std::all_of(value.begin(), value.end(), is_int32))
        refuse(key, "a list of 32-bit integers, " + std::to_string(count) + " in number");
    return value.get<std::vector<int>>();
}

const json& JsonObject::list(const std::string& key)
{
    const json& value = at(key);
    if (!value.is_array())
        refuse(key, "a list");
    return value;
}

void JsonObject::finish() const
{
    for (const auto& [key, value] : json_.items())
        if (std::find(known_.begin(), known_.end(), key) == known_.end())
            throw Error({ "unknown key", where_, "'" + key + "'", concat(known_, " or ") });
}

void JsonObject::refuse(const std::string& key, const std::string& expected) const
{
    throw Error({ "bad value of '" + key + "'", where_, shown(json_.at(key)), expected });
}

void check_json_depth(std::string_view text, const std::string& where)
{
    int depth = 0;
    bool is_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_string && c == '\\')
            ++i;
        else if (c == '"')
            is_string = !is_string;
        else if (!is_string && (c == ']' || c == '}'))
            --depth;
        else if (!is_string && (c == '[' || c == '{') && ++depth > kMaxJsonDepth)
            throw Error({ "JSON is nested too deeply", where, "", std::to_string(kMaxJsonDepth) + " levels at most" });
    }
}

nlohmann::json parse_json(const std::string& text, const std::string& where, const std::string& expected)
{
    check_json_depth(text, where);
    try {
        return json::parse(text);
    } catch (const json::parse_error& fault) {
        const bool is_empty = text.find_first_not_of(" \t\r\n") == std::string::npos;
        throw Error({ "broken JSON", where, is_empty ? "nothing" : place_in(text, fault.byte), expected });
    } catch (const json::out_of_range& fault) { // 1e999
        const std::string message = fault.what();
        throw Error({ "number out of range", where, message.substr(message.rfind(' ') + 1, 60), expected });
    }
}

std::string place_in(const std::string& text, std::size_t byte)
{
    const std::size_t at = std::min(byte, text.size()) - (byte > 0 ? 1 : 0);
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size()));
    const auto line = std::count(text.begin(), end, '\n') + 1;
    const auto start = std::find(std::make_reverse_iterator(end), text.rend(), '\n').base();
    return "line " + std::to_string(line) + ", column " + std::to_string(end - start + 1);
}

std::string range_text(double min, double max)
{
    const auto text = [](double x) { return json(x).dump(); };
    if (std::isfinite(min) && std::isfinite(max))
        return "a number, " + text(min) + ".." + text(max);
    if (std::isfinite(min))
        return "a number, at least " + text(min);
    return std::isfinite(max) ? "a number, at most " + text(max) : "a number";
}

} // namespace prunedamr
