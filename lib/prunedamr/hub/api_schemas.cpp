// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/api.h"

#include <nlohmann/json.hpp>

namespace prunedamr::hub {
namespace {

const receiver::OpenApiSchemas kHubSchemas = {
    { "Receivers", { { "receivers", "[#Receiver]" } } },
    { "Receiver",
      { { "name", "string" }, { "is_online", "boolean" }, { "heard", "string?" }, { "version", "string?" }, { "since", "string?" },
        { "position", "#Position?" }, { "model", "object?" }, { "sequence", "integer?" }, { "takes_updates", "boolean" }, { "waiting", "integer?" },
        { "lost", "integer?" }, { "status", "object?" }, { "last_drift", "string?" } } },
    { "Position", { { "latitude", "number" }, { "longitude", "number" } } },
    { "Labels", { { "labels", "[#Label]" }, { "before", "string?" } } },
    { "Label", { { "receiver", "string" }, { "run", "integer" }, { "event", "object" } } },
    { "Who", { { "emissions", "[#Emission]" } } },
    { "Emission",
      { { "label", "string" }, { "band", "integer" }, { "center_freq_hz", "number" }, { "bandwidth_hz", "number" }, { "receivers", "[#Hearing]" } } },
    { "Hearing",
      { { "receiver", "string" }, { "events", "integer" }, { "snr_db", "number?" }, { "confidence", "number" }, { "time", "string" } } },
    { "Drifts", { { "drift", "[#Drift]" } } },
    { "Drift",
      { { "receiver", "string" }, { "time", "string" }, { "quantity", "string" }, { "of", "string" }, { "change", "string" },
        { "expected", "number" }, { "found", "number" } } },
    { "Updates", { { "updates", "[#Update]" } } },
    { "Update",
      { { "id", "string" }, { "sequence", "integer" }, { "base", "string" }, { "updated", "string" }, { "signer", "string" },
        { "signed", "string" }, { "bytes", "integer" }, { "author", "string" }, { "time", "string" } } },
    { "Made", { { "id", "integer" } } },
    { "Rollouts", { { "rollouts", "[#Rollout]" } } },
    { "Rollout",
      { { "id", "integer" }, { "update", "string" }, { "sequence", "integer" }, { "plan", "object" }, { "state", "string" },
        { "stage", "integer" }, { "why", "string" }, { "author", "string" }, { "time", "string" }, { "receivers", "[#Member]" }, { "log", "[#Line]" } } },
    { "Member", { { "name", "string" }, { "stage", "integer" }, { "state", "string" }, { "why", "string" } } },
    { "Line", { { "time", "string" }, { "text", "string" } } },
    { "Snippets", { { "snippets", "[#Snippet]" } } },
    { "Snippet",
      { { "receiver", "string" }, { "id", "string" }, { "time", "string" }, { "event", "object" }, { "label", "string?" },
        { "author", "string?" }, { "labeled", "string?" } } },
    { "Done", { { "done", "string" } } },
    { "Health", { { "is_well", "boolean" }, { "database", "boolean" }, { "fault", "string?" }, { "links", "[#Link]" } } },
    { "Link", { { "name", "string" }, { "is_connected", "boolean" } } },
    { "Error", { { "error", "string" } } },
};

} // namespace

std::string hub_openapi_json()
{
    return receiver::openapi_document({ "prunedamr-hub",
                               "Labels of many receivers, and updates for them. On loopback everybody may read; changing needs the token of "
                               "--web-token, and beyond loopback reading does, too.",
                               { hub_routes().begin(), hub_routes().end() } },
                             receiver::openapi_schemas(kHubSchemas));
}

} // namespace prunedamr::hub
