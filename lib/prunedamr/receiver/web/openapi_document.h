// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/web/api.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <utility>
#include <vector>

/// The description of an HTTP API, OpenAPI 3.0 (https://spec.openapis.org/oas/v3.0.3): of a receiver's and of a hub's.
namespace prunedamr::receiver {

struct OpenApiOperation {
    const char* method;
    const char* path; ///< {NAME} in it is the parameter of that name
    WebAccess access;
    std::vector<ApiParameter> parameters;
    const char* answer; ///< a type as in `OpenApiSchemas`, "text", "picture" or "stream"
    const char* summary;
    std::vector<std::pair<const char*, const char*>> refusals; ///< further ones: status and reason
};

struct OpenApi {
    const char* title;
    const char* description;
    std::vector<OpenApiOperation> operations;
};

/// Objects by name with their fields. Types in short: with a "?" behind what may be null; "[x]" is a list, "#X" another of these.
using OpenApiSchemas = std::vector<std::pair<const char*, std::vector<std::pair<const char*, const char*>>>>;

nlohmann::ordered_json openapi_schemas(const OpenApiSchemas& schemas);

/// Indented. `schemas`: those that the operations name.
std::string openapi_document(const OpenApi& api, nlohmann::ordered_json schemas);

bool takes_bytes(const std::vector<ApiParameter>& parameters); ///< the body is a file; what else there is comes in the query
bool is_in_path(const char* path, const ApiParameter& parameter);

} // namespace prunedamr::receiver
