// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/api.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"
#include "prunedamr/receiver/scan.h"
#include "prunedamr/receiver/web/openapi_document.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace prunedamr::receiver {
namespace {

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
        { "GET",
          "/api/v1/status",
          "status",
          read,
          ApiTopic::status,
          none,
          {},
          "#Status",
          "What is received, counted and written" },
        { "GET",
          "/api/v1/emissions",
          "emissions",
          read,
          ApiTopic::emissions,
          none,
          {},
          "[#Emission]",
          "Emissions on the air, by frequency" },
        { "GET",
          "/api/v1/history",
          "history",
          read,
          ApiTopic::history,
          none,
          { limit },
          "#History",
          "Emissions that have ended, the last one first" },
        { "GET",
          "/api/v1/occupancy",
          "occupancy",
          read,
          ApiTopic::occupancy,
          none,
          {},
          "#Occupancy",
          "Fraction of the time that each part of the band was in use, minute by minute" },
        { "GET",
          "/api/v1/evidence",
          "evidence",
          read,
          ApiTopic::evidence,
          none,
          { { "id", "integer", true, false, 0, JsonObject::kExact, {}, "number of the emission" } },
          "#Evidence",
          "What the last decision on an emission was made of: spectrum, discriminator, constellation" },
        { "GET",
          "/api/v1/snippets",
          "snippets",
          read,
          ApiTopic::snippets,
          none,
          { limit },
          "#Snippets",
          "Recordings of emissions (--snippets), the newest first, with what the receiver and persons say of "
          "them" },
        { "GET",
          "/api/v1/stream",
          nullptr,
          read,
          ApiTopic::stream,
          none,
          {},
          "stream",
          "All that changes, as it changes" },
        { "POST",
          "/api/v1/tune",
          "tune",
          change,
          ApiTopic::change,
          ChangeKind::tune,
          { { "center_freq_hz", "number", true, false, 0, 1e12, {}, "frequency to tune the source to, in Hz" } },
          "#Done",
          "Tune the source to another frequency" },
        { "POST",
          "/api/v1/gain",
          "gain",
          change,
          ApiTopic::change,
          ChangeKind::gain,
          { { "gain_db", "number", true, true, -200, 200, {}, "gain in dB; null: automatic" },
            { "element",
              "string",
              false,
              false,
              0,
              0,
              {},
              "element of the source's gain (default: all together)" } },
          "#Done",
          "Set the gain of the source" },
        { "GET",
          "/api/v1/scan",
          "scan",
          read,
          ApiTopic::scan,
          none,
          {},
          "#Scan",
          "What a scan visits, how often, and where something is alive" },
        { "POST",
          "/api/v1/scan",
          "set-scan",
          change,
          ApiTopic::change,
          ChangeKind::scan,
          { { "list",
              "string",
              true,
              false,
              0,
              0,
              {},
              "frequencies and ranges, as --scan takes them: 433M..435M,868.3M dwell=1 gain=20" },
            { "dwell_s",
              "number",
              false,
              false,
              kMinDwell,
              kMaxDwell,
              {},
              "seconds at each without its own (default: that of --dwell)" } },
          "#Done",
          "Give a radio that scans another list" },
        { "POST",
          "/api/v1/threshold",
          "threshold",
          change,
          ApiTopic::change,
          ChangeKind::threshold,
          { { "min_confidence",
              "number",
              true,
              true,
              0,
              1,
              {},
              "a signal whose class and family are less probable is unknown; null: the model's own threshold" } },
          "#Done",
          "Set the threshold of labels" },
        { "POST",
          "/api/v1/model",
          "model",
          change,
          ApiTopic::change,
          ChangeKind::model,
          { { "action",
              "string",
              true,
              false,
              0,
              0,
              { "reload", "revert" },
              "reload: read the model's file again; revert: bring back the model before" } },
          "#Done",
          "Change the model" },
        { "POST",
          "/api/v1/label",
          "label",
          change,
          ApiTopic::change,
          ChangeKind::label,
          { { "snippet", "string", true, false, 0, 0, {}, "name of the recording" },
            { "label",
              "string",
              true,
              false,
              0,
              0,
              {},
              "class, a new one too, or unknown; empty: the receiver's again" },
            { "author", "string", false, false, 0, 0, {}, "who says so (default: web)" } },
          "#Done",
          "Label a snippet" },
        { "POST",
          "/api/v1/model/update",
          "update",
          change,
          ApiTopic::change,
          ChangeKind::update,
          { { "file",
              "binary",
              true,
              false,
              0,
              0,
              {},
              "signed update, as 'prunedamr model diff --sign' writes it" } },
          "#Done",
          "Take a signed update of the model (see --update-keys)" },
        { "GET",
          "/api/v1/openapi.json",
          "openapi",
          WebAccess::open,
          ApiTopic::description,
          none,
          {},
          "object",
          "Description of this API, OpenAPI 3.0" },
        { "GET", "/metrics", "metrics", read, ApiTopic::metrics, none, {}, "text", "Counts for Prometheus" },
    };
    return routes;
}

const char* path_of(ApiTopic topic)
{
    const auto& routes = api_routes();
    return std::find_if(routes.begin(), routes.end(), [&](const ApiRoute& one) { return one.topic == topic; })->path;
}

Change parse_change(const ApiRoute& route, const std::string& body)
{
    if (takes_bytes(route.parameters))
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

std::string scan_json(const ScanSchedule* scan)
{
    using Json = nlohmann::ordered_json;
    Json json{ { "is_scanning", scan != nullptr },
               { "list", "" },
               { "visit", 0 },
               { "center_freq_hz", Json() },
               { "entries", Json::array() } };
    if (!scan)
        return json.dump() + "\n";
    const ScanSchedule::State now = scan->state();
    json["list"] = now.text;
    json["visit"] = now.visit;
    if (now.visit > 0)
        json["center_freq_hz"] = now.center_freq_hz;
    for (const ScanSchedule::Entry& one : now.entries) {
        const auto& gain = one.entry.gain;
        json["entries"].push_back({ { "center_freq_hz", one.entry.center_freq_hz },
                                    { "dwell_s", one.entry.dwell_s },
                                    { "has_gain", gain.has_value() },
                                    { "gain_db", gain && gain->gain_db ? Json(*gain->gain_db) : Json() },
                                    { "visits", one.visits },
                                    { "last_visit", one.last_visit },
                                    { "is_alive", one.is_alive } });
    }
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace prunedamr::receiver
