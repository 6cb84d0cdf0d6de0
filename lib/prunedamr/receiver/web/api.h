// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/web/server.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

class ScanSchedule;

/// What may be changed while samples flow.
enum class ChangeKind { none, tune, gain, scan, threshold, model, label, update };

/// What a request is about.
enum class ApiTopic {
    change,
    status,
    emissions,
    history,
    occupancy,
    evidence,
    snippets,
    scan,
    stream,
    description,
    metrics
};

/// Of a query (GET) or of a body, which is a JSON object (POST).
struct ApiParameter {
    const char* name;
    const char* type; ///< of JSON: "number", "integer", "string"; or "binary": the whole body is this
    bool is_required;
    bool may_be_null;
    double min, max;                  ///< of a number
    std::vector<const char*> choices; ///< of a string; none: any
    const char* meaning;
};

/// What the receiver answers: the one list from which the server, its description (OpenAPI) and the command line are
/// made.
struct ApiRoute {
    const char* method;
    const char* path;
    const char* command; ///< of `prunedamr-rx ctl`; null: none
    WebAccess access;
    ApiTopic topic;
    ChangeKind change; ///< what is changed, of the topic `change`
    std::vector<ApiParameter> parameters;
    const char* answer; ///< the schema of what comes back, "text" or "stream"
    const char* summary;
};

const std::vector<ApiRoute>& api_routes();

/// Of the first route with this topic.
const char* path_of(ApiTopic topic);

constexpr int kHistoryEntries = 200; ///< that are answered unless a limit is given

/// OpenAPI 3.0 (https://spec.openapis.org/oas/v3.0.3) of all routes, indented.
std::string openapi_json();

/// What a client wants changed.
struct Change {
    ChangeKind kind = ChangeKind::none;
    std::optional<double> number; ///< frequency, gain, probability; none where null was given
    std::string text = {};        ///< element of the gain, action, label, bytes of an update
    std::string snippet = {}, author = {}; ///< of a label: which recording, and who says so
};

/// Throws `Error` for a body that is not what the route takes.
Change parse_change(const ApiRoute& route, const std::string& body);

/// The integers of a query by name. Throws `Error` likewise.
std::map<std::string, std::int64_t> parse_query(const ApiRoute& route, const std::string& query);

std::string scan_json(const ScanSchedule* scan); ///< null: the receiver does not scan

} // namespace prunedamr::receiver
