// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/run_fields.h"

#include "prunedamr/base/error.h"

#include <charconv>
#include <cmath>

namespace prunedamr::report {

std::optional<double> optional_number(JsonObject& fields, const char* key)
{
    return fields.optional_number(key, -kLargest, kLargest);
}

std::vector<std::vector<double>> matrix_from_json(const nlohmann::json& json, std::size_t rows,
                                                  const std::string& where)
{
    const std::string expected = std::to_string(rows) + " rows of " + std::to_string(rows) + " numbers";
    if (!json.is_array() || json.size() != rows)
        throw Error({ "not a square matrix", where, json.type_name(), expected });
    std::vector<std::vector<double>> matrix;
    for (const auto& row : json) {
        if (!row.is_array() || row.size() != rows)
            throw Error({ "not a square matrix", where, row.dump().substr(0, 40), expected });
        matrix.emplace_back();
        for (const auto& value : row) {
            if (!value.is_null() && !(value.is_number() && std::abs(value.get<double>()) < kLargest))
                throw Error({ "not a square matrix", where, value.dump().substr(0, 40), expected });
            matrix.back().push_back(value.is_null() ? NAN : value.get<double>());
        }
    }
    return matrix;
}

namespace {

std::map<int, double> by_snr_from_json(const nlohmann::json& json, const std::string& where)
{
    std::map<int, double> result;
    JsonObject fields(json, where);
    for (const auto& item : json.items()) {
        const std::string& key = item.key();
        int snr_db = 0;
        const auto [end, fault] = std::from_chars(key.data(), key.data() + key.size(), snr_db);
        if (fault != std::errc() || end != key.data() + key.size() || std::abs(snr_db) > 1000)
            throw Error({ "not an SNR in dB", where, "'" + key + "'", "a whole number" });
        result[snr_db] = fields.number(key, 0.0, 1.0);
    }
    return result;
}

} // namespace

Accuracy accuracy_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where);
    Accuracy result;
    result.mean = fields.number("accuracy", 0.0, 1.0);
    if (fields.has("by_snr"))
        result.by_snr = by_snr_from_json(fields.at("by_snr"), where + ".by_snr");
    if (fields.has("class_names"))
        result.classes = fields.strings("class_names");
    if (fields.has("confusion") && !result.classes.empty())
        result.confusion = matrix_from_json(fields.at("confusion"), result.classes.size(), where + ".confusion");
    return result;
}

std::vector<Attack> attacks_from_json(const nlohmann::json& json, const std::string& where)
{
    std::vector<Attack> result;
    if (!json.is_array())
        throw Error({ "attacks are not a list", where, json.type_name(), "a list" });
    for (const auto& one : json) {
        JsonObject fields(one, where);
        Attack attack;
        attack.kind = fields.string("kind");
        if (fields.string_or("norm", "") == "linf")
            attack.kind += "-linf";
        if (const auto steps = optional_number(fields, "steps"))
            attack.kind += ", " + std::to_string(static_cast<long>(*steps)) + " steps";
        const char* level = "level_db";
        if (!fields.has(level) && fields.has("offset_cycles_per_sample")) {
            level = "offset_cycles_per_sample";
            attack.unit = "cycles per sample";
        }
        attack.level = fields.number(level, -1000.0, 1000.0);
        attack.accuracy = fields.number("accuracy", 0.0, 1.0);
        result.push_back(std::move(attack));
    }
    return result;
}

void read_measurements(Run& run, const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where);
    run.minutes = optional_number(fields, "minutes");
    for (const char* key : { "robustness", "attacks" }) {
        if (!fields.has(key))
            continue;
        const auto& value = fields.at(key);
        const std::string place = where + ": " + key;
        if (value.is_array())
            run.attacks = attacks_from_json(value, place);
        else {
            JsonObject sides(value, place);
            run.attacks = attacks_from_json(sides.at("after"), place + ".after");
            if (sides.has("before"))
                run.base_attacks = attacks_from_json(sides.at("before"), place + ".before");
        }
    }
    if (fields.has("latency_us") && fields.at("latency_us").is_number()) {
        run.latency_us = optional_number(fields, "latency_us");
    } else if (fields.has("latency_us")) {
        JsonObject sides(fields.at("latency_us"), where + ": latency_us");
        run.latency_us = optional_number(sides, "after");
        run.base_latency_us = optional_number(sides, "before");
    }
}

std::optional<double> Accuracy::at_high_snr() const
{
    double sum = 0.0;
    int labels = 0;
    for (auto at = by_snr.lower_bound(kHighSnrDb); at != by_snr.end(); ++at, ++labels)
        sum += at->second;
    return labels > 0 ? std::optional(sum / labels) : std::nullopt;
}

} // namespace prunedamr::report
