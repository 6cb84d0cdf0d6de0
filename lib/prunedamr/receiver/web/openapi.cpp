// SPDX-License-Identifier: GPL-3.0-or-later
// The description of the API, from the list of its routes.
#include "prunedamr/receiver/receiver.h"
#include "prunedamr/receiver/web/api.h"
#include "prunedamr/stream/label_event_fields.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace prunedamr::receiver {
namespace {

using Json = nlohmann::ordered_json;

/// Types of the fields of an event, from the one list that there is.
struct EventSchema {
    Json properties = Json::object();

    void operator()(const char* name, std::string_view) { properties[name] = { { "type", "string" } }; }
    void operator()(const char* name, stream::TimeStamp)
    {
        properties[name] = { { "type", "string" }, { "format", "date-time" } };
    }
    void operator()(const char* name, const stream::TopList&)
    {
        properties[name] = { { "type", "array" },
                             { "items", { { "type", "array" }, { "items", Json::object() } } } };
    }
    void operator()(const char* name, const stream::MeasuredList&) { properties[name] = { { "type", "object" } }; }
    void operator()(const char* name, const stream::CandidateList&)
    {
        properties[name] = { { "type", "array" }, { "items", { { "type", "object" } } } };
    }
    void operator()(const char* name, const stream::DriftNote&) { properties[name] = { { "type", "object" } }; }
    void operator()(const char* name, const stream::EvidenceList&) { properties[name] = { { "type", "object" } }; }
    template <typename Number> void operator()(const char* name, Number)
    {
        properties[name] = { { "type", std::is_integral_v<Number> ? "integer" : "number" } };
        if (std::is_floating_point_v<Number>)
            properties[name]["nullable"] = true;
    }
};

/// Of the answers. In short: "name": "type", with a "?" behind what may be null; "[x]" is a list, "#X" another
/// schema.
const std::vector<std::pair<const char*, std::vector<std::pair<const char*, const char*>>>> kSchemas = {
    { "Status",
      { { "version", "string" },
        { "time", "string" },
        { "uptime_s", "number" },
        { "model", "string" },
        { "source", "#Source" },
        { "control", "#Control" },
        { "counts", "object" },
        { "drift", "#Drift?" },
        { "outputs", "[object]" },
        { "labels", "[object]" },
        { "updates", "#Updates?" },
        { "hub", "#Hub?" } } },
    { "Source",
      { { "name", "string" },
        { "live", "boolean" },
        { "sample_rate_hz", "number" },
        { "center_freq_hz", "number" } } },
    { "Control",
      { { "may_change", "boolean" },
        { "can_tune", "boolean" },
        { "can_set_gain", "boolean" },
        { "gain_db", "number?" },
        { "gain_elements", "[string]" },
        { "min_confidence", "number?" },
        { "scan", "string?" } } },
    { "Drift",
      { { "reference", "string" },
        { "decisions", "integer" },
        { "watched", "integer" },
        { "evidence", "number" },
        { "limit", "number" },
        { "is_drifting", "boolean" },
        { "told", "[object]" } } },
    { "Emission",
      { { "id", "integer" },
        { "is_on", "boolean" },
        { "first_seen", "string" },
        { "last_seen", "string" },
        { "events", "integer" },
        { "bursts", "integer" },
        { "on_s", "number" },
        { "text", "string" },
        { "has_picture", "boolean" },
        { "event", "#Event" } } },
    { "History", { { "emissions", "[#Emission]" }, { "total", "integer" } } },
    { "Occupancy", { { "minutes", "[#Minute]" } } },
    { "Minute", { { "time", "string" }, { "low_hz", "number" }, { "high_hz", "number" }, { "busy", "[number]" } } },
    { "Evidence", { { "emission", "#Emission" }, { "picture", "#Picture?" } } },
    { "Picture",
      { { "seq", "integer" },
        { "rate_hz", "number" },
        { "zero_hz", "number" },
        { "method", "string" },
        { "spectrum_db", "[number]" },
        { "discriminator_hz", "[number]" },
        { "envelope", "[number]" },
        { "symbols", "[array]" },
        { "alphabets", "[array]" } } },
    { "Snippets",
      { { "is_kept", "boolean" },
        { "snippets", "[#Snippet]" },
        { "total", "integer" },
        { "classes", "[string]" } } },
    { "Snippet",
      { { "name", "string" },
        { "label", "string" },
        { "receiver_label", "string" },
        { "author", "string?" },
        { "time", "string?" },
        { "event", "#Event?" },
        { "text", "string" },
        { "teaching", "#Teaching?" } } },
    { "Teaching",
      { { "score", "number" }, { "disagreement", "number" }, { "doubt", "number" }, { "novelty", "number" } } },
    { "Updates",
      { { "sequence", "integer" },
        { "taken", "integer" },
        { "returned", "integer" },
        { "refused", "object" },
        { "on_trial", "boolean" },
        { "last", "string" } } },
    { "Hub",
      { { "name", "string" },
        { "connected", "boolean" },
        { "acknowledged", "integer" },
        { "waiting", "integer" },
        { "lost", "integer" },
        { "reconnects", "integer" } } },
    { "Scan",
      { { "is_scanning", "boolean" },
        { "list", "string" },
        { "visit", "integer" },
        { "center_freq_hz", "number?" },
        { "entries", "[#ScanEntry]" } } },
    { "ScanEntry",
      { { "center_freq_hz", "number" },
        { "dwell_s", "number" },
        { "has_gain", "boolean" },
        { "gain_db", "number?" },
        { "visits", "integer" },
        { "last_visit", "integer" },
        { "is_alive", "boolean" } } },
    { "Done", { { "done", "string" } } },
    { "Error", { { "error", "string" } } },
};

Json schema_of(std::string type)
{
    const bool may_be_null = type.back() == '?';
    if (may_be_null)
        type.pop_back();
    Json schema;
    if (type.front() == '[')
        schema = { { "type", "array" }, { "items", schema_of(type.substr(1, type.size() - 2)) } };
    else if (type.front() == '#')
        schema = { { "$ref", "#/components/schemas/" + type.substr(1) } };
    else
        schema = { { "type", type } };
    if (type == "array")
        schema["items"] = Json::object();
    if (!may_be_null)
        return schema;
    if (type.front() == '#')
        return { { "nullable", true }, { "allOf", Json::array({ schema }) } };
    schema["nullable"] = true;
    return schema;
}

Json schemas()
{
    Json all;
    for (const auto& [name, fields] : kSchemas) {
        Json schema{ { "type", "object" }, { "required", Json::array() }, { "properties", Json::object() } };
        for (const auto& [key, type] : fields) {
            schema["required"].push_back(key);
            schema["properties"][key] = schema_of(type);
        }
        all[name] = schema;
    }
    visit_receiver_stats([&](const char* name, auto, const char* meaning) {
        all["Source"]["required"].push_back(name);
        all["Source"]["properties"][name] = { { "type", "integer" }, { "description", meaning } };
    });
    // Each event has what an empty one has; some have drift and evidence.
    EventSchema event, full;
    stream::LabelEvent with_all;
    with_all.drift.quantity = "label";
    with_all.evidence.count = 1;
    stream::visit_fields(stream::LabelEvent{}, event);
    stream::visit_fields(with_all, full);
    all["Event"] = { { "type", "object" }, { "required", Json::array() }, { "properties", full.properties } };
    for (const auto& [name, type] : event.properties.items())
        all["Event"]["required"].push_back(name);
    return all;
}

Json schema_of(const ApiParameter& parameter)
{
    Json schema{ { "type", parameter.type } };
    if (std::isfinite(parameter.min) && parameter.type != std::string("string")) {
        schema["minimum"] = parameter.min;
        schema["maximum"] = parameter.max;
    }
    if (!parameter.choices.empty())
        schema["enum"] = parameter.choices;
    if (parameter.may_be_null)
        schema["nullable"] = true;
    schema["description"] = parameter.meaning;
    return schema;
}

Json content(const std::string& type, Json schema)
{
    return { { type, { { "schema", std::move(schema) } } } };
}

Json operation(const ApiRoute& route)
{
    Json json{ { "summary", route.summary } };
    if (std::string_view(route.method) == "GET") {
        for (const ApiParameter& one : route.parameters)
            json["parameters"].push_back({ { "name", one.name },
                                           { "in", "query" },
                                           { "required", one.is_required },
                                           { "schema", schema_of(one) } });
    } else if (route.takes_bytes()) {
        const Json body{ { "type", "string" },
                         { "format", "binary" },
                         { "description", route.parameters.front().meaning } };
        json["requestBody"] = { { "required", true }, { "content", content("application/octet-stream", body) } };
    } else {
        Json body{ { "type", "object" }, { "additionalProperties", false }, { "properties", Json::object() } };
        for (const ApiParameter& one : route.parameters) {
            body["properties"][one.name] = schema_of(one);
            if (one.is_required)
                body["required"].push_back(one.name);
        }
        json["requestBody"] = { { "required", true }, { "content", content("application/json", body) } };
    }
    const std::string answer = route.answer;
    Json& answers = json["responses"];
    if (answer == "stream")
        answers["101"] = { { "description", "A WebSocket: rows of the waterfall (binary) and changes (JSON)" } };
    else
        answers["200"] = { { "description", "OK" },
                           { "content", answer == "text" ? content("text/plain", { { "type", "string" } })
                                                         : content("application/json",
                                                                   answer == "object" ? Json{ { "type", "object" } }
                                                                                      : schema_of(answer)) } };
    const auto refused = [&](const char* status, const char* why) { answers[status] = { { "description", why } }; };
    if (!route.parameters.empty())
        refused("400", "A parameter is missing or wrong");
    refused("401", "A token is needed");
    refused("403", "Another origin or host, or no token was set up");
    if (route.topic == ApiTopic::evidence || route.change == ChangeKind::label)
        refused("404", "There is no such thing");
    if (route.change != ChangeKind::none)
        refused("409", "The source cannot do this");
    if (route.access == WebAccess::change)
        json["security"] = Json::array({ { { "token", Json::array() } } });
    return json;
}

} // namespace

std::string openapi_json()
{
    Json json{ { "openapi", "3.0.3" },
               { "info",
                 { { "title", "prunedamr-rx" },
                   { "version", "1" },
                   { "description",
                     "State and control of a receiver. On loopback everybody may read; changing "
                     "needs the token of --web-token, and beyond loopback reading does, too." } } } };
    for (const ApiRoute& route : api_routes()) {
        std::string method = route.method;
        std::transform(method.begin(), method.end(), method.begin(), [](char c) { return c | 0x20; });
        json["paths"][route.path][method] = operation(route);
    }
    json["components"] = { { "schemas", schemas() },
                           { "securitySchemes", { { "token", { { "type", "http" }, { "scheme", "bearer" } } } } } };
    return json.dump(1) + "\n";
}

} // namespace prunedamr::receiver
