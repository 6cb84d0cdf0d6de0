// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/recording/sigmf_fields.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace prunedamr::data {

using nlohmann::json;

SigmfObject::SigmfObject(const json& object, std::string where) : object_(object), where_(std::move(where))
{
    if (!object.is_object())
        throw Error({ "malformed metadata", where_, object.type_name(), "object" });
}

const json* SigmfObject::find(const char* key) const
{
    const auto entry = object_.find(key);
    return entry == object_.end() || entry->is_null() ? nullptr : &*entry;
}

void SigmfObject::refuse(const char* key, const json& value, const char* expected) const
{
    const bool large = value.is_structured();
    throw Error(
        { std::string("bad ") + key, where_,
          large ? value.type_name() : value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60),
          expected });
}

std::optional<double> SigmfObject::number(const char* key) const
{
    const json* value = find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_number() || !std::isfinite(value->get<double>()))
        refuse(key, *value, "a number");
    return value->get<double>();
}

std::optional<std::uint64_t> SigmfObject::count(const char* key) const
{
    constexpr double kLimit = 9223372036854775808.0; // 2^63
    const json* value = find(key);
    if (!value)
        return std::nullopt;
    if (value->is_number_unsigned() && value->get<std::uint64_t>() >> 63 == 0)
        return value->get<std::uint64_t>();
    const double real = value->is_number_float() ? value->get<double>() : -1.0;
    if (!(real >= 0.0 && real < kLimit && real == std::floor(real)))
        refuse(key, *value, "a whole number, at least 0");
    return static_cast<std::uint64_t>(real);
}

std::string SigmfObject::text(const char* key) const
{
    const json* value = find(key);
    if (!value)
        return "";
    if (value->is_structured())
        refuse(key, *value, "a string");
    return value->is_string() ? value->get<std::string>() : value->dump();
}

bool SigmfObject::flag(const char* key) const
{
    const json* value = find(key);
    if (value && !value->is_boolean())
        refuse(key, *value, "true or false");
    return value && value->get<bool>();
}

void SigmfNotes::add(const std::string& kind, const std::string& example)
{
    const auto known = std::find_if(notes_.begin(), notes_.end(), [&](const Note& n) { return n.kind == kind; });
    if (known == notes_.end())
        notes_.push_back({ kind, example, 1 });
    else
        ++known->times;
}

std::vector<std::string> SigmfNotes::lines(const std::string& where) const
{
    std::vector<std::string> lines;
    for (const auto& [kind, first, times] : notes_)
        lines.push_back(where + ": " + kind + " (" +
                        (times > 1 ? std::to_string(times) + " times, first: " : std::string()) + first + ")");
    return lines;
}

} // namespace prunedamr::data
