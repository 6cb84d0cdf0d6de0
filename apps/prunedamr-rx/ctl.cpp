// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/ctl.h"

#include "apps/common/cli.h"

#include "prunedamr/receiver/outputs/http_client.h"
#include "prunedamr/receiver/outputs/output.h"
#include "prunedamr/receiver/web/api.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace prunedamr::rx {
namespace {

using receiver::ApiParameter;
using receiver::ApiRoute;
using Values = std::map<std::string, std::string>; ///< by parameter, as they were typed

struct Access {
    std::string url = "http://127.0.0.1:8080", ca, token;
};

bool is_text(const ApiParameter& parameter)
{
    return std::string_view(parameter.type) == "string";
}

std::string parameter_help(const ApiParameter& parameter)
{
    std::string help = parameter.meaning;
    if (parameter.max > 1e6 && std::string_view(parameter.type) == "number")
        help += " (k, M, G allowed)";
    return help + (parameter.may_be_null ? " (auto: null)" : "");
}

double number(const ApiParameter& parameter, const std::string& text)
{
    const double value = cli::quantity(parameter.name, text);
    const bool is_whole = std::string_view(parameter.type) != "integer" || value == std::floor(value);
    if (!(value >= parameter.min && value <= parameter.max) || !is_whole)
        throw CLI::ValidationError(parameter.name, "found " + text + ", out of range");
    return value;
}

nlohmann::json body_of(const ApiRoute& route, const Values& values)
{
    nlohmann::json body = nlohmann::json::object();
    for (const ApiParameter& one : route.parameters) {
        const auto found = values.find(one.name);
        if (found == values.end())
            continue;
        if (one.may_be_null && found->second == "auto")
            body[one.name] = nullptr;
        else if (is_text(one))
            body[one.name] = found->second;
        else
            body[one.name] = number(one, found->second);
    }
    return body;
}

std::string query_of(const ApiRoute& route, const Values& values)
{
    std::string query;
    for (const ApiParameter& one : route.parameters)
        if (const auto found = values.find(one.name); found != values.end())
            query += (query.empty() ? "?" : "&") + found->first + "=" +
                     std::to_string(std::llround(number(one, found->second)));
    return query;
}

/// What a failed request says, in one line.
std::string fault_of(const receiver::HttpClient::Answer& answer)
{
    const auto json = nlohmann::json::parse(answer.body, nullptr, false);
    const bool has_text = json.is_object() && json.contains("error") && json["error"].is_string();
    std::string text = has_text ? json["error"].get<std::string>() : answer.body.substr(0, 200);
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text + " (" + std::to_string(answer.status) + ")";
}

void ask(const ApiRoute& route, const Access& access, const Values& values)
{
    receiver::HttpServer server = receiver::parse_http_server(access.url);
    server.ca = access.ca;
    receiver::HttpClient client(server, std::chrono::ceil<std::chrono::seconds>(receiver::WebConfig().patience) + std::chrono::seconds(5)); // it says when it gives up
    const std::string authorization =
        access.token.empty() ? "" : "Bearer " + receiver::read_secret(access.token, cli::print);
    const bool is_change = std::string_view(route.method) == "POST";
    const auto answer = is_change ? client.post(route.path, authorization, body_of(route, values).dump(), "application/json")
                                  : client.get(route.path + query_of(route, values), authorization);
    if (answer.status != 200)
        throw std::runtime_error(fault_of(answer));
    const auto json = is_change ? nlohmann::json::parse(answer.body, nullptr, false) : nlohmann::json();
    if (json.is_object() && json.contains("done") && json["done"].is_string())
        std::puts(json["done"].get<std::string>().c_str());
    else
        std::fputs(answer.body.c_str(), stdout);
}

} // namespace

int run_ctl(int argc, char** argv)
{
    CLI::App app("State and control of a receiver that runs with --web. What is asked for comes as JSON.", "prunedamr-rx ctl");
    Access access;
    cli::add_common(app);
    app.add_option("--url", access.url, "where the receiver's page is: http://127.0.0.1:8080")->capture_default_str();
    app.add_option("--token", access.token, "file whose first line is the token that changes need (see --web-token)");
    app.add_option("--ca", access.ca, "certificates of the authorities that may vouch for it (default: the system's)");
    app.require_subcommand(1);
    for (const ApiRoute& route : receiver::api_routes()) {
        if (!route.command)
            continue;
        CLI::App* command = app.add_subcommand(route.command, route.summary);
        auto values = std::make_shared<Values>();
        for (const ApiParameter& one : route.parameters) {
            auto* option = command->add_option_function<std::string>(
                one.name, [values, &one](const std::string& text) { (*values)[one.name] = text; }, parameter_help(one));
            option->required(one.is_required)->type_name(is_text(one) ? "TEXT" : "NUMBER");
            if (!one.choices.empty())
                option->check(CLI::IsMember(std::vector<std::string>(one.choices.begin(), one.choices.end())));
        }
        command->callback([&route, &access, values] { ask(route, access, *values); });
    }
    return cli::run(app, argc, argv);
}

} // namespace prunedamr::rx
