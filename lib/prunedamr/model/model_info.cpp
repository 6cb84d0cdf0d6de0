// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model_info.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/dsp/front_end_spec_json.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/model/model_json.h"

#include <cmath>
#include <filesystem>
#include <set>

namespace prunedamr::model {
namespace {

void check_labels(const ModelInfo& info, const std::string& where)
{
    if (info.labels.size() < 2)
        throw Error({ "too few labels", where, std::to_string(info.labels.size()), "at least 2" });
    if (info.families.size() != info.labels.size())
        throw Error({ "families do not match the labels", where, std::to_string(info.families.size()),
                      std::to_string(info.labels.size()) });
    std::set<std::string> seen;
    for (std::size_t i = 0; i < info.labels.size(); ++i)
        if (info.labels[i].empty() || info.families[i].empty() || !seen.insert(info.labels[i]).second)
            throw Error({ "empty or repeated label", where, "'" + info.labels[i] + "'", "unique names" });
}

void check_decision(const Decision& decision, const std::string& where)
{
    if (!(decision.temperature > 0.0) || !std::isfinite(decision.temperature))
        throw Error({ "bad decision temperature", where, std::to_string(decision.temperature), "above 0" });
    if (!(decision.min_confidence >= 0.0 && decision.min_confidence <= 1.0))
        throw Error({ "bad decision min_confidence", where, std::to_string(decision.min_confidence), "0..1" });
    if (!(decision.hysteresis >= 0.0 && decision.hysteresis <= 1.0))
        throw Error({ "bad decision hysteresis", where, std::to_string(decision.hysteresis), "0..1" });
    if (std::isnan(decision.unknown_score))
        throw Error({ "bad decision unknown_score", where, "not a number", "a number" });
}

bool is_json_object(const std::string& text)
{
    return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false).is_object();
}

void check_equal(const char* what, const std::string& where, const nlohmann::json& found,
                 const nlohmann::json& expected)
{
    if (found != expected)
        throw Error({ std::string("data set does not fit the network: ") + what + " differs", where, found.dump(),
                      expected.dump() });
}

} // namespace

void validate(const ModelInfo& info)
{
    const std::string where = "model '" + info.name + "'";
    check_labels(info, where);
    front_end_from_json(prunedamr::to_json(info.front_end), where);
    check_decision(info.decision, where);
    if (!is_json_object(info.provenance) || !is_json_object(info.accuracy))
        throw Error({ "provenance and accuracy must be JSON objects", where, "", "" });
    if (!info.drift.empty() && !is_json_object(info.drift))
        throw Error({ "drift must be a JSON object", where, "", "" });
}

std::vector<std::string> families_of(const std::vector<std::string>& labels)
{
    std::vector<std::string> families;
    for (const std::string& label : labels)
        families.push_back(family_of(label));
    return families;
}

ModelInfo load_model_info(const std::string& path)
{
    constexpr std::size_t kLargest = 1 << 20;
    const nlohmann::json json =
        nlohmann::json::parse(read_file(path, kLargest), nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded())
        throw Error({ "not JSON", path, "", "an object with labels and front_end" });
    JsonObject fields(json, path);
    ModelInfo info;
    info.name = fields.string_or("name", std::filesystem::path(path).stem().string());
    info.labels = fields.strings("labels");
    info.families = fields.has("families") ? fields.strings("families") : families_of(info.labels);
    info.front_end = front_end_from_json(fields.at("front_end"), path);
    if (fields.has("decision"))
        info.decision = decision_from_json(fields.at("decision"), path);
    fields.finish();
    validate(info);
    return info;
}

void save_model_info(const ModelInfo& info, const std::string& path)
{
    try {
        write_text_atomically(path, to_json(info).dump(1) + "\n");
    } catch (const nlohmann::json::exception& e) {
        throw Error({ "model holds text that is not UTF-8", path, e.what(), "" });
    }
}

void check_contract(const ModelInfo& info, const FrontEndSpec& front_end,
                    const std::vector<std::string>& class_names, const std::string& where)
{
    check_equal("frame length", where, front_end.frame_length, info.front_end.frame_length);
    check_equal("front end", where, prunedamr::to_json(front_end), prunedamr::to_json(info.front_end));
    check_equal("list of class names", where, class_names, info.labels);
}

nlohmann::json to_json(const Decision& decision)
{
    nlohmann::json json = { { "temperature", decision.temperature },
                            { "min_confidence", decision.min_confidence },
                            { "hysteresis", decision.hysteresis } };
    if (std::isfinite(decision.unknown_score))
        json["unknown_score"] = decision.unknown_score;
    return json;
}

Decision decision_from_json(const nlohmann::json& json, const std::string& where)
{
    JsonObject fields(json, where + ": decision");
    Decision decision;
    decision.temperature = fields.number("temperature");
    decision.min_confidence = fields.number("min_confidence");
    decision.hysteresis = fields.number_or("hysteresis", decision.hysteresis);
    decision.unknown_score = fields.number_or("unknown_score", decision.unknown_score);
    fields.finish();
    return decision;
}

nlohmann::json to_json(const ModelInfo& info)
{
    return { { "name", info.name },
             { "labels", info.labels },
             { "families", info.families },
             { "front_end", prunedamr::to_json(info.front_end) },
             { "decision", to_json(info.decision) } };
}

nlohmann::json full_json(const ModelInfo& info)
{
    nlohmann::json json = to_json(info);
    json["provenance"] = nlohmann::json::parse(info.provenance);
    json["accuracy"] = nlohmann::json::parse(info.accuracy);
    if (!info.drift.empty())
        json["drift"] = nlohmann::json::parse(info.drift);
    return json;
}

ModelInfo model_info_from_json(JsonObject& fields, const std::string& where)
{
    ModelInfo info;
    info.name = fields.string("name");
    info.labels = fields.strings("labels");
    info.families = fields.strings("families");
    info.front_end = front_end_from_json(fields.at("front_end"), where);
    info.decision = decision_from_json(fields.at("decision"), where);
    info.provenance = fields.at("provenance").dump();
    info.accuracy = fields.at("accuracy").dump();
    if (const nlohmann::json* drift = fields.find("drift"))
        info.drift = drift->dump();
    return info;
}

void add_provenance(ModelInfo& info, const std::string& key, const nlohmann::json& entry)
{
    nlohmann::json provenance = nlohmann::json::parse(info.provenance);
    provenance[key] = entry;
    info.provenance = provenance.dump();
}

} // namespace prunedamr::model
