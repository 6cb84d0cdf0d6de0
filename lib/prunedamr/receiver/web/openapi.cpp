// SPDX-License-Identifier: GPL-3.0-or-later
// The description of the API, from the list of its routes.
#include "prunedamr/receiver/receiver.h"
#include "prunedamr/receiver/web/openapi_document.h"
#include "prunedamr/stream/label_event_fields.h"

#include <nlohmann/json.hpp>

#include <type_traits>

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

/// Of the answers.
const OpenApiSchemas kSchemas = {
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

Json schemas()
{
    Json all = openapi_schemas(kSchemas);
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

} // namespace

std::string openapi_json()
{
    OpenApi description{ "prunedamr-rx",
                         "State and control of a receiver. On loopback everybody may read; changing "
                         "needs the token of --web-token, and beyond loopback reading does, too.",
                         {} };
    for (const ApiRoute& route : api_routes()) {
        OpenApiOperation operation{ route.method,     route.path,   route.access, route.parameters,
                                    route.answer, route.summary, {} };
        if (route.topic == ApiTopic::evidence || route.change == ChangeKind::label)
            operation.refusals.emplace_back("404", "There is no such thing");
        if (route.change != ChangeKind::none)
            operation.refusals.emplace_back("409", "The source cannot do this");
        description.operations.push_back(std::move(operation));
    }
    return openapi_document(description, schemas());
}

} // namespace prunedamr::receiver
