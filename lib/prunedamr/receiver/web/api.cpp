// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/api.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/receiver/receiver.h"
#include "prunedamr/recording/sigmf_label.h"
#include "prunedamr/stream/label_event_fields.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

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
        properties[name] = { { "type", "array" }, { "items", { { "type", "array" }, { "items", Json::object() } } } };
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

/// Of the answers. In short: "name": "type", with a "?" behind what may be null; "[x]" is a list, "#X" another schema.
const std::vector<std::pair<const char*, std::vector<std::pair<const char*, const char*>>>> kSchemas = {
    { "Status",
      { { "version", "string" }, { "time", "string" }, { "uptime_s", "number" }, { "model", "string" },
        { "source", "#Source" }, { "control", "#Control" }, { "counts", "object" }, { "drift", "#Drift?" },
        { "outputs", "[object]" }, { "labels", "[object]" }, { "updates", "#Updates?" },
        { "hub", "#Hub?" } } },
    { "Source",
      { { "name", "string" }, { "live", "boolean" }, { "sample_rate_hz", "number" }, { "center_freq_hz", "number" } } },
    { "Control",
      { { "may_change", "boolean" }, { "can_tune", "boolean" }, { "can_set_gain", "boolean" }, { "gain_db", "number?" },
        { "gain_elements", "[string]" }, { "min_confidence", "number?" } } },
    { "Drift",
      { { "reference", "string" }, { "decisions", "integer" }, { "watched", "integer" }, { "evidence", "number" }, { "limit", "number" },
        { "is_drifting", "boolean" }, { "told", "[object]" } } },
    { "Emission",
      { { "id", "integer" }, { "is_on", "boolean" }, { "first_seen", "string" }, { "last_seen", "string" },
        { "events", "integer" }, { "bursts", "integer" }, { "on_s", "number" }, { "text", "string" },
        { "has_picture", "boolean" }, { "event", "#Event" } } },
    { "History", { { "emissions", "[#Emission]" }, { "total", "integer" } } },
    { "Occupancy", { { "minutes", "[#Minute]" } } },
    { "Minute", { { "time", "string" }, { "low_hz", "number" }, { "high_hz", "number" }, { "busy", "[number]" } } },
    { "Evidence", { { "emission", "#Emission" }, { "picture", "#Picture?" } } },
    { "Picture",
      { { "seq", "integer" }, { "rate_hz", "number" }, { "zero_hz", "number" }, { "method", "string" },
        { "spectrum_db", "[number]" }, { "discriminator_hz", "[number]" }, { "envelope", "[number]" },
        { "symbols", "[array]" }, { "alphabets", "[array]" } } },
    { "Snippets", { { "is_kept", "boolean" }, { "snippets", "[#Snippet]" }, { "total", "integer" }, { "classes", "[string]" } } },
    { "Snippet",
      { { "name", "string" }, { "label", "string" }, { "receiver_label", "string" }, { "author", "string?" }, { "time", "string?" },
        { "event", "#Event?" }, { "text", "string" }, { "teaching", "#Teaching?" } } },
    { "Teaching", { { "score", "number" }, { "disagreement", "number" }, { "doubt", "number" }, { "novelty", "number" } } },
    { "Updates",
      { { "sequence", "integer" }, { "taken", "integer" }, { "returned", "integer" }, { "refused", "object" }, { "on_trial", "boolean" }, { "last", "string" } } },
    { "Hub",
      { { "name", "string" }, { "connected", "boolean" }, { "acknowledged", "integer" }, { "waiting", "integer" }, { "lost", "integer" },
        { "reconnects", "integer" } } },
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

bool takes_bytes(const ApiRoute& route)
{
    return route.parameters.size() == 1 && route.parameters.front().type == std::string("binary");
}

Json operation(const ApiRoute& route)
{
    Json json{ { "summary", route.summary } };
    if (std::string_view(route.method) == "GET") {
        for (const ApiParameter& one : route.parameters)
            json["parameters"].push_back(
                { { "name", one.name }, { "in", "query" }, { "required", one.is_required }, { "schema", schema_of(one) } });
    } else if (takes_bytes(route)) {
        const Json body{ { "type", "string" }, { "format", "binary" }, { "description", route.parameters.front().meaning } };
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
                                                         : content("application/json", answer == "object" ? Json{ { "type", "object" } } : schema_of(answer)) } };
    const auto refused = [&](const char* status, const char* why) {
        answers[status] = { { "description", why } };
    };
    if (!route.parameters.empty())
        refused("400", "A parameter is missing or wrong");
    refused("401", "A token is needed");
    refused("403", "Another origin or host, or no token was set up");
    if (route.change != ChangeKind::none)
        refused("409", "The source cannot do this");
    if (route.access == WebAccess::change)
        json["security"] = Json::array({ { { "token", Json::array() } } });
    return json;
}

std::string known_parameters(const ApiRoute& route)
{
    std::string names;
    for (const ApiParameter& one : route.parameters)
        names += (names.empty() ? "" : " or ") + std::string(one.name);
    return names.empty() ? "none" : names;
}

[[noreturn]] void refuse(const std::string& found, const std::string& expected)
{
    throw InvalidArgument({ "wrong parameters", "", found, expected });
}

} // namespace

const std::vector<ApiRoute>& api_routes()
{
    constexpr auto read = WebAccess::read, change = WebAccess::change;
    constexpr auto none = ChangeKind::none;
    static const ApiParameter limit{ "limit", "integer", false, false, 1, 2000, {}, "how many at most (default: 200)" };
    static_assert(kHistoryEntries == 200, "the description says so");
    static const std::vector<ApiRoute> routes = {
        { "GET", "/api/v1/status", "status", read, ApiTopic::status, none, {}, "#Status", "What is received, counted and written" },
        { "GET", "/api/v1/emissions", "emissions", read, ApiTopic::emissions, none, {}, "[#Emission]", "Emissions on the air, by frequency" },
        { "GET", "/api/v1/history", "history", read, ApiTopic::history, none, { limit }, "#History",
          "Emissions that have ended, the last one first" },
        { "GET", "/api/v1/occupancy", "occupancy", read, ApiTopic::occupancy, none, {}, "#Occupancy",
          "Fraction of the time that each part of the band was in use, minute by minute" },
        { "GET", "/api/v1/evidence", "evidence", read, ApiTopic::evidence, none,
          { { "id", "integer", true, false, 0, JsonObject::kExact, {}, "number of the emission" } }, "#Evidence",
          "What the last decision on an emission was made of: spectrum, discriminator, constellation" },
        { "GET", "/api/v1/snippets", "snippets", read, ApiTopic::snippets, none, { limit }, "#Snippets",
          "Recordings of emissions (--snippets), the newest first, with what the receiver and persons say of them" },
        { "GET", "/api/v1/stream", nullptr, read, ApiTopic::stream, none, {}, "stream", "All that changes, as it changes" },
        { "POST", "/api/v1/tune", "tune", change, ApiTopic::change, ChangeKind::tune,
          { { "center_freq_hz", "number", true, false, 0, 1e12, {}, "frequency to tune the source to, in Hz" } }, "#Done",
          "Tune the source to another frequency" },
        { "POST", "/api/v1/gain", "gain", change, ApiTopic::change, ChangeKind::gain,
          { { "gain_db", "number", true, true, -200, 200, {}, "gain in dB; null: automatic" },
            { "element", "string", false, false, 0, 0, {}, "element of the source's gain (default: all together)" } },
          "#Done", "Set the gain of the source" },
        { "POST", "/api/v1/threshold", "threshold", change, ApiTopic::change, ChangeKind::threshold,
          { { "min_confidence", "number", true, true, 0, 1, {},
              "a signal whose class and family are less probable is unknown; null: the model's own threshold" } },
          "#Done", "Set the threshold of labels" },
        { "POST", "/api/v1/model", "model", change, ApiTopic::change, ChangeKind::model,
          { { "action", "string", true, false, 0, 0, { "reload", "revert" },
              "reload: read the model's file again; revert: bring back the model before" } },
          "#Done", "Change the model" },
        { "POST", "/api/v1/label", "label", change, ApiTopic::change, ChangeKind::label,
          { { "snippet", "string", true, false, 0, 0, {}, "name of the recording" },
            { "label", "string", true, false, 0, 0, {}, "class, a new one too, or unknown; empty: the receiver's again" },
            { "author", "string", false, false, 0, 0, {}, "who says so (default: web)" } },
          "#Done", "Label a snippet" },
        { "POST", "/api/v1/model/update", "update", change, ApiTopic::change, ChangeKind::update,
          { { "file", "binary", true, false, 0, 0, {}, "signed update, as 'prunedamr model diff --sign' writes it" } }, "#Done",
          "Take a signed update of the model (see --update-keys)" },
        { "GET", "/api/v1/openapi.json", "openapi", WebAccess::open, ApiTopic::description, none, {}, "object", "Description of this API, OpenAPI 3.0" },
        { "GET", "/metrics", "metrics", read, ApiTopic::metrics, none, {}, "text", "Counts for Prometheus" },
    };
    return routes;
}

const char* path_of(ApiTopic topic)
{
    const auto& routes = api_routes();
    return std::find_if(routes.begin(), routes.end(), [&](const ApiRoute& one) { return one.topic == topic; })->path;
}

std::string openapi_json()
{
    Json json{ { "openapi", "3.0.3" },
               { "info",
                 { { "title", "prunedamr-rx" },
                   { "version", "1" },
                   { "description", "State and control of a receiver. On loopback everybody may read; changing "
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

Change parse_change(const ApiRoute& route, const std::string& body)
{
    if (takes_bytes(route))
        return { route.change, {}, body };
    const auto json = parse_json(body, "request", "a JSON object");
    JsonObject object(json, "request");
    Change change;
    change.kind = route.change;
    for (const ApiParameter& one : route.parameters) {
        if (one.is_required && !json.contains(one.name))
            refuse("no " + std::string(one.name), one.meaning);
        if (one.is_required && !one.may_be_null && !object.has(one.name))
            object.refuse(one.name, one.meaning);
        if (std::string_view(one.type) == "string") {
            if (!one.choices.empty())
                object.one_of(one.name, { one.choices.begin(), one.choices.end() });
            const std::string_view name = one.name;
            (name == "snippet" ? change.snippet : name == "author" ? change.author : change.text) = object.string_or(one.name, "");
        } else {
            change.number = object.optional_number(one.name, one.min, one.max);
        }
    }
    object.finish();
    return change;
}

std::map<std::string, std::int64_t> parse_query(const ApiRoute& route, const std::string& query)
{
    std::map<std::string, std::int64_t> values;
    for (std::size_t begin = 0; begin < query.size();) {
        const std::size_t end = std::min(query.find('&', begin), query.size());
        const std::string part = query.substr(begin, end - begin);
        begin = end + 1;
        const auto equals = std::min(part.find('='), part.size());
        const std::string name = part.substr(0, equals), text = equals < part.size() ? part.substr(equals + 1) : "";
        const auto one = std::find_if(route.parameters.begin(), route.parameters.end(),
                                      [&](const ApiParameter& known) { return name == known.name; });
        if (one == route.parameters.end())
            throw InvalidArgument({ "unknown parameter", "", "'" + name.substr(0, 60) + "'", known_parameters(route) });
        std::int64_t value = 0;
        const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (failure != std::errc() || stop != text.data() + text.size() || static_cast<double>(value) < one->min ||
            static_cast<double>(value) > one->max)
            refuse(part.substr(0, 60), std::string(one->name) + "=N, " + range_text(one->min, one->max));
        values[name] = value;
    }
    for (const ApiParameter& one : route.parameters)
        if (one.is_required && values.count(one.name) == 0)
            refuse("no " + std::string(one.name), one.meaning);
    return values;
}

std::string snippets_json(const std::string& folder, std::size_t limit)
{
    const auto names = folder.empty() ? std::vector<std::string>() : recording::snippets_in(folder);
    Json list = Json::array();
    std::set<std::string> classes;
    for (const auto& row : model::modulations())
        classes.insert(row.name);
    const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    for (auto name = names.rbegin(); name != names.rend() && list.size() < limit; ++name)
        try {
            const recording::SnippetLabel said = recording::read_label(folder + "/" + *name);
            list.push_back({ { "name", *name },
                             { "label", said.label },
                             { "receiver_label", said.receiver_label },
                             { "author", or_null(said.author) },
                             { "time", or_null(said.time) },
                             { "event", said.event.empty() ? Json() : Json::parse(said.event) },
                             { "text", said.comment },
                             { "teaching", said.teaching.empty() ? Json() : Json::parse(said.teaching) } });
            if (said.is_of_person())
                classes.insert(said.label);
        } catch (const Error&) { // it has gone meanwhile, or is no snippet
        }
    return Json{ { "is_kept", !folder.empty() }, { "snippets", std::move(list) }, { "total", names.size() }, { "classes", classes } }.dump(
               -1, ' ', false, nlohmann::json::error_handler_t::replace) +
           "\n";
}

WebAnswer json_answer(std::string body, unsigned status)
{
    return { status, "application/json", std::move(body) };
}

WebAnswer json_error(unsigned status, const std::string& text)
{
    return json_answer(
        nlohmann::json{ { "error", text } }.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n", status);
}

} // namespace prunedamr::receiver
