// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/api.h"

#include "prunedamr/base/json_object.h"
#include "prunedamr/base/time.h"
#include "prunedamr/hub/rollout.h"
#include "prunedamr/hub/store.h"

#include <nlohmann/json.hpp>

#include <sstream>

namespace prunedamr::hub {
namespace {

using namespace receiver;
using Json = nlohmann::json;

constexpr auto kRead = WebAccess::read, kChange = WebAccess::change;

std::int64_t now_us()
{
    return system_time_ns() / 1000;
}

WebAnswer done(const Json& json, unsigned status = 200)
{
    return json_answer(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", status);
}

LabelQuery label_query(const ApiRequest& request)
{
    LabelQuery query;
    const auto time = [&](const char* name) -> std::optional<std::int64_t> {
        const std::string text = request.text(name);
        try {
            return text.empty() ? std::nullopt : std::optional(time_from_rfc3339(text, name) / 1000);
        } catch (const Error& error) {
            throw InvalidArgument(error.parts());
        }
    };
    const auto hz = [&](const char* name) {
        return request.values.count(name) ? std::optional(std::strtod(request.text(name).c_str(), nullptr)) : std::nullopt;
    };
    query.from_us = time("from");
    query.to_us = time("to");
    query.from_hz = hz("from_hz");
    query.to_hz = hz("to_hz");
    if (query.from_us && query.to_us && *query.from_us > *query.to_us)
        throw InvalidArgument({ "wrong parameters", "", "from=" + request.text("from"), "no later than to=" + request.text("to") });
    if (query.from_hz && query.to_hz && *query.from_hz > *query.to_hz)
        throw InvalidArgument({ "wrong parameters", "", "from_hz=" + request.text("from_hz"), "no more than to_hz=" + request.text("to_hz") });
    query.label = request.text("label");
    query.receiver = request.text("receiver");
    query.limit = static_cast<int>(request.number("limit", query.limit));
    query.before = request.text("before");
    return query;
}

RolloutRequest rollout_request(const ApiRequest& request)
{
    RolloutRequest result;
    const auto strings = [&](const char* name) {
        std::vector<std::string> list;
        if (request.values.count(name))
            list = Json::parse(request.text(name)).get<std::vector<std::string>>();
        return list;
    };
    result.update = request.text("update");
    result.receivers = strings("receivers");
    if (request.values.count("stages"))
        result.plan.stages = strings("stages");
    result.plan.watch_s = static_cast<int>(request.number("watch_s", result.plan.watch_s));
    result.plan.answer_s = static_cast<int>(request.number("answer_s", result.plan.answer_s));
    result.plan.returns_on_failure = request.text("return_on_failure", "true") == "true";
    result.author = request.text("author", "web");
    return result;
}

WebAnswer metrics(const ApiState& state, const Connect& database)
{
    Json receivers = Json::array();
    try {
        receivers = Reader(database()).receivers(now_us());
    } catch (const DatabaseAway&) { // which is told by database_up
    }
    std::ostringstream text;
    const auto one = [&](const char* name, const char* type, const char* meaning, auto value) {
        text << "# HELP prunedamr_hub_" << name << " " << meaning << "\n# TYPE prunedamr_hub_" << name << " " << type << "\nprunedamr_hub_" << name
             << " " << value << "\n";
    };
    std::size_t online = 0;
    double lost = 0.0, waiting = 0.0;
    for (const Json& receiver : receivers) {
        online += receiver["is_online"] == true;
        lost += receiver["lost"].is_number() ? receiver["lost"].get<double>() : 0.0;
        waiting += receiver["waiting"].is_number() ? receiver["waiting"].get<double>() : 0.0;
    }
    const IngestCounts& counts = state.counts;
    one("messages_total", "counter", "Messages of receivers", counts.messages);
    one("refused_total", "counter", "Messages that are none of ours, or absurd", counts.refused);
    one("labels_total", "counter", "Labels that came, with those that came twice", counts.labels);
    one("dropped_total", "counter", "Labels for which there was no room, to come again", counts.dropped);
    one("stored_total", "counter", "Labels committed and acknowledged, with those that came twice", counts.stored);
    one("batches_total", "counter", "Commits", counts.batches);
    one("queued_bytes", "gauge", "Messages that wait for the database", counts.queued_bytes);
    one("database_up", "gauge", "Whether the database answers", counts.has_database ? 1 : 0);
    one("receivers", "gauge", "Receivers known", receivers.size());
    one("receivers_online", "gauge", "Receivers heard in the last 30 s", online);
    one("receivers_waiting", "gauge", "Labels that receivers have and no hub has acknowledged", waiting);
    one("receivers_lost", "gauge", "Labels that fell out of receivers' spools, of their present runs", lost);
    return { 200, "text/plain; version=0.0.4; charset=utf-8", text.str() };
}

WebAnswer health(const ApiState& state)
{
    Json links = Json::array();
    bool is_well = state.counts.has_database;
    for (const auto& [name, is_connected] : state.links) {
        links.push_back({ { "name", name }, { "is_connected", is_connected } });
        is_well = is_well && is_connected;
    }
    return done({ { "is_well", is_well }, { "database", state.counts.has_database },
                  { "fault", state.counts.fault.empty() ? Json() : Json(state.counts.fault) }, { "links", links } }, is_well ? 200 : 503);
}

} // namespace

const std::vector<HubRoute>& hub_routes()
{
    static const ApiParameter author{ "author", "string", false, false, 0, 0, {}, "who says so (default: web)" };
    static const ApiParameter limit{ "limit", "integer", false, false, 1, 2000, {}, "how many at most" };
    static const std::pair<const char*, const char*> kAway{ "503", "The database is away" };
    static const std::pair<const char*, const char*> kAbsent{ "404", "There is no such thing" };
    static const std::pair<const char*, const char*> kRefused{ "409", "This cannot be done with it now" };
    static const std::vector<HubRoute> routes = {
        { { "GET", "/api/v1/receivers", kRead, {}, "#Receivers", "Receivers: online, health, version, model, position", { kAway } },
          [](Api&, const Connect& database, const ApiRequest&) { return done({ { "receivers", Reader(database()).receivers(now_us()) } }); } },
        { { "GET", "/api/v1/labels", kRead,
          { { "from", "string", false, false, 0, 0, {}, "time of the oldest, RFC 3339" },
            { "to", "string", false, false, 0, 0, {}, "time that all are before, RFC 3339" },
            { "from_hz", "number", false, false, -1e13, 1e13, {}, "least center frequency, Hz" },
            { "to_hz", "number", false, false, -1e13, 1e13, {}, "greatest center frequency, Hz" },
            { "label", "string", false, false, 0, 0, {}, "label" },
            { "receiver", "string", false, false, 0, 0, {}, "name of a receiver" },
            limit,
            { "before", "string", false, false, 0, 0, {}, "what an earlier answer gave as before, to go on from there" } },
          "#Labels", "Labels of all receivers, the newest first", { kAway } },
          [](Api&, const Connect& database, const ApiRequest& request) { return done(Reader(database()).labels(label_query(request))); } },
        { { "GET", "/api/v1/who", kRead, { { "seconds", "integer", false, false, 1, 3600, {}, "of the past (default: 10)" } },
          "#Who", "Who hears what now: by frequency and label, with the receivers", { kAway } },
          [](Api&, const Connect& database, const ApiRequest& request) {
              return done({ { "emissions", Reader(database()).who(now_us(), static_cast<int>(request.number("seconds", 10))) } });
          } },
        { { "GET", "/api/v1/drift", kRead, { limit }, "#Drifts", "Drift that receivers have told, the newest first", { kAway } },
          [](Api&, const Connect& database, const ApiRequest& request) {
              return done({ { "drift", Reader(database()).drift(static_cast<int>(request.number("limit", 200))) } });
          } },
        { { "GET", "/api/v1/updates", kRead, {}, "#Updates", "Updates of models that were put here", { kAway } },
          [](Api&, const Connect& database, const ApiRequest&) { return done({ { "updates", updates(database()) } }); } },
        { { "POST", "/api/v1/updates", kChange, { { "file", "binary", true, false, 0, 0, {}, "signed update, as 'prunedamr model diff --sign' writes it" }, author },
          "#Update", "Put a signed update here", { kRefused, kAway } },
          [](Api& api, const Connect& database, const ApiRequest& request) {
              return done(put_update(database(), request.body, api.config().update_keys, request.text("author", "web"), now_us()));
          } },
        { { "GET", "/api/v1/rollouts", kRead, { limit }, "#Rollouts", "Roll-outs, the newest first", { kAway } },
          [](Api&, const Connect& database, const ApiRequest& request) {
              return done({ { "rollouts", rollouts(database(), static_cast<int>(request.number("limit", 50))) } });
          } },
        { { "POST", "/api/v1/rollouts", kChange,
          { { "update", "string", true, false, 0, 0, {}, "id of the update" },
            { "receivers", "array", false, false, 0, 0, {}, "names (default: all that are online and could take it)" },
            { "stages", "array", false, false, 0, 0, {}, "how many have it after each stage (default: 1, 10%, 100%)" },
            { "watch_s", "integer", false, false, 0, 604800, {}, "seconds that a stage is watched (default: 600)" },
            { "answer_s", "integer", false, false, 1, 86400, {}, "seconds that a receiver may take to answer (default: 300)" },
            { "return_on_failure", "boolean", false, false, 0, 0, {}, "whether those that have taken it are told to go back (default: true)" },
            author },
          "#Made", "Begin a roll-out", { kAbsent, kRefused, kAway } },
          [](Api&, const Connect& database, const ApiRequest& request) {
              return done({ { "id", make_rollout(database(), rollout_request(request), now_us()) } });
          } },
        { { "POST", "/api/v1/rollouts/{id}/{action}", kChange,
          { { "id", "integer", true, false, 1, JsonObject::kExact, {}, "number of the roll-out" },
            { "action", "string", true, false, 0, 0, { "pause", "resume", "return" }, "pause, resume or return" } },
          "#Done", "Pause a roll-out, resume it, or return from it", { kAbsent, kRefused, kAway } },
          [](Api&, const Connect& database, const ApiRequest& request) {
              change_rollout(database(), request.number("id", 0), request.text("action"), "web", now_us());
              return done({ { "done", request.text("action") } });
          } },
        { { "GET", "/api/v1/snippets", kRead, { limit }, "#Snippets", "Snippets that receivers keep, the newest first", { kAway } },
          [](Api&, const Connect& database, const ApiRequest& request) {
              return done({ { "snippets", Reader(database()).snippets(static_cast<int>(request.number("limit", 200))) } });
          } },
        { { "GET", "/api/v1/thumbnail", kRead,
          { { "receiver", "string", true, false, 0, 0, {}, "name of the receiver" }, { "id", "string", true, false, 0, 0, {}, "of the snippet" } },
          "picture", "The spectrogram of a snippet, PNG", { kAbsent, kAway } },
          [](Api&, const Connect& database, const ApiRequest& request) {
              const auto png = Reader(database()).snippet_png(request.text("receiver"), request.text("id"));
              return png ? WebAnswer{ 200, "image/png", *png } : json_error(404, "there is no such picture");
          } },
        { { "POST", "/api/v1/label", kChange,
          { { "receiver", "string", true, false, 0, 0, {}, "name of the receiver" },
            { "id", "string", true, false, 0, 0, {}, "of the snippet" },
            { "label", "string", true, false, 0, 0, {}, "class, a new one too, or unknown; empty: the receiver's again" },
            author },
          "#Done", "Label a snippet", { kAbsent, kAway } },
          [](Api&, const Connect& database, const ApiRequest& request) {
              if (request.text("label").size() > 200 || request.text("label").find('\0') != std::string::npos)
                  throw InvalidArgument({ "wrong parameters", "", "label", "a short text" });
              return Reader(database()).label_snippet(request.text("receiver"), request.text("id"), request.text("label"), request.text("author", "web"), now_us())
                         ? done({ { "done", request.text("label") } })
                         : json_error(404, "there is no such snippet");
          } },
        { { "GET", "/api/v1/openapi.json", WebAccess::open, {}, "object", "Description of this API, OpenAPI 3.0", {} },
          [](Api&, const Connect&, const ApiRequest&) { return json_answer(hub_openapi_json()); } },
        { { "GET", "/metrics", kRead, {}, "text", "Counts for Prometheus", {} },
          [](Api& api, const Connect& database, const ApiRequest&) { return metrics(api.config().state(), database); } },
        { { "GET", "/health", WebAccess::open, {}, "#Health", "Whether this hub has its links and its database", { { "503", "One of them is away" } } },
          [](Api& api, const Connect&, const ApiRequest&) { return health(api.config().state()); } },
    };
    return routes;
}

} // namespace prunedamr::hub
