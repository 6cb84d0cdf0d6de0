// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/openapi_document.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace prunedamr::receiver {
namespace {

using Json = nlohmann::ordered_json;

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

Json schema_of(const ApiParameter& parameter)
{
    const std::string_view type = parameter.type;
    Json schema{ { "type", parameter.type } };
    if (type == "array")
        schema["items"] = { { "type", "string" } };
    if ((type == "number" || type == "integer") && std::isfinite(parameter.min)) {
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

Json answer_content(const std::string& answer)
{
    if (answer == "text")
        return content("text/plain", { { "type", "string" } });
    if (answer == "picture")
        return content("image/png", { { "type", "string" }, { "format", "binary" } });
    return content("application/json", schema_of(answer));
}

/// A file has the body for itself, so that the others come in the query, as those of GET do.
void describe_parameters(const OpenApiOperation& operation, Json& json)
{
    const bool has_file = takes_bytes(operation.parameters), is_get = std::string_view(operation.method) == "GET";
    Json body{ { "type", "object" }, { "additionalProperties", false }, { "properties", Json::object() } };
    for (const ApiParameter& one : operation.parameters) {
        const bool is_path = is_in_path(operation.path, one);
        if (one.type == std::string_view("binary")) {
            const Json file{ { "type", "string" }, { "format", "binary" }, { "description", one.meaning } };
            json["requestBody"] = { { "required", true }, { "content", content("application/octet-stream", file) } };
        } else if (is_path || is_get || has_file) {
            json["parameters"].push_back({ { "name", one.name }, { "in", is_path ? "path" : "query" }, { "required", one.is_required }, { "schema", schema_of(one) } });
        } else {
            body["properties"][one.name] = schema_of(one);
            if (one.is_required)
                body["required"].push_back(one.name);
        }
    }
    if (!body["properties"].empty())
        json["requestBody"] = { { "required", true }, { "content", content("application/json", body) } };
}

Json json_of(const OpenApiOperation& operation)
{
    Json json{ { "summary", operation.summary } };
    describe_parameters(operation, json);
    const std::string answer = operation.answer;
    Json& answers = json["responses"];
    if (answer == "stream")
        answers["101"] = { { "description", "A WebSocket: rows of the waterfall (binary) and changes (JSON)" } };
    else
        answers["200"] = { { "description", "OK" }, { "content", answer_content(answer) } };
    const auto refused = [&](const char* status, const char* why) {
        answers[status] = { { "description", why } };
    };
    if (!operation.parameters.empty())
        refused("400", "A parameter is missing or wrong");
    refused("401", "A token is needed");
    refused("403", "Another origin or host, or no token was set up");
    for (const auto& [status, why] : operation.refusals)
        refused(status, why);
    if (operation.access == WebAccess::change)
        json["security"] = Json::array({ { { "token", Json::array() } } });
    return json;
}

} // namespace

bool takes_bytes(const std::vector<ApiParameter>& parameters)
{
    return std::any_of(parameters.begin(), parameters.end(), [](const ApiParameter& one) { return one.type == std::string_view("binary"); });
}

bool is_in_path(const char* path, const ApiParameter& parameter)
{
    return std::string_view(path).find("{" + std::string(parameter.name) + "}") != std::string_view::npos;
}

Json openapi_schemas(const OpenApiSchemas& schemas)
{
    Json all;
    for (const auto& [name, fields] : schemas) {
        Json schema{ { "type", "object" }, { "required", Json::array() }, { "properties", Json::object() } };
        for (const auto& [key, type] : fields) {
            schema["required"].push_back(key);
            schema["properties"][key] = schema_of(type);
        }
        all[name] = schema;
    }
    return all;
}

std::string openapi_document(const OpenApi& api, Json schemas)
{
    Json json{ { "openapi", "3.0.3" },
               { "info", { { "title", api.title }, { "version", "1" }, { "description", api.description } } } };
    for (const OpenApiOperation& operation : api.operations) {
        std::string method = operation.method;
        std::transform(method.begin(), method.end(), method.begin(), [](char c) { return c | 0x20; });
        json["paths"][operation.path][method] = json_of(operation);
    }
    json["components"] = { { "schemas", std::move(schemas) },
                           { "securitySchemes", { { "token", { { "type", "http" }, { "scheme", "bearer" } } } } } };
    return json.dump(1) + "\n";
}

} // namespace prunedamr::receiver
