// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/model_json.h"

#include "prunedamr/base/error.h"
#include "prunedamr/dsp/front_end_spec_json.h"

#include <cmath>

namespace prunedamr::model {

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
    return info;
}

void add_provenance(ModelInfo& info, const std::string& key, const nlohmann::json& entry)
{
    nlohmann::json provenance = nlohmann::json::parse(info.provenance);
    provenance[key] = entry;
    info.provenance = provenance.dump();
}

} // namespace prunedamr::model
