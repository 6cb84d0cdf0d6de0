// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/ctl.h"

#include "apps/common/cli.h"

#include "prunedamr/base/file.h"
#include "prunedamr/model/model_update.h"
#include "prunedamr/receiver/outputs/http_client.h"
#include "prunedamr/receiver/outputs/output.h"
#include "prunedamr/receiver/web/api.h"
#include "prunedamr/receiver/web/openapi_document.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
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
    const bool is_integer = std::string_view(parameter.type) == "integer";
    if (!(value >= parameter.min && value <= parameter.max) || (is_integer && value != std::floor(value)))
        throw CLI::ValidationError(parameter.name,
                                   fmt::format("out of range: found {}, expected {}{:.16g} to {:.16g}", text,
                                               is_integer ? "a whole number, " : "", parameter.min, parameter.max));
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
std::string fault_of(const receiver::HttpClient::Answer& answer, const Access& access)
{
    const auto json = nlohmann::json::parse(answer.body, nullptr, false);
    const bool has_text = json.is_object() && json.contains("error") && json["error"].is_string();
    const std::string line = answer.body.substr(0, answer.body.find('\n'));
    const std::string hint = answer.status == 401 && access.token.empty() ? ": see --token" : "";
    const std::string status = " (" + std::to_string(answer.status) + ")" + hint;
    if (has_text)
        return json["error"].get<std::string>() + status;
    if (answer.status < 400 || line.empty() || line.size() > 200 || line.front() == '<')
        return access.url + ": not a receiver's answer: found HTTP status " + std::to_string(answer.status) +
               ", expected the address that it serves with --web";
    return line + status;
}

receiver::HttpClient::Answer answer_of(const ApiRoute& route, const Access& access, const Values& values)
{
    receiver::HttpServer server = receiver::parse_http_server(access.url);
    server.ca = access.ca;
    const auto patience = std::chrono::ceil<std::chrono::seconds>(receiver::WebConfig().patience);
    receiver::HttpClient client(server, patience + std::chrono::seconds(5)); // it says when it gives up
    const std::string authorization =
        access.token.empty() ? "" : "Bearer " + receiver::read_secret(access.token, cli::print);
    if (receiver::takes_bytes(route.parameters))
        return client.post(route.path, authorization, read_file(values.at(route.parameters.front().name), model::kMaxUpdateBytes),
                           "application/octet-stream");
    if (std::string_view(route.method) == "POST")
        return client.post(route.path, authorization, body_of(route, values).dump(), "application/json");
    return client.get(route.path + query_of(route, values), authorization);
}

void ask(const ApiRoute& route, const Access& access, const Values& values)
{
    const auto answer = answer_of(route, access, values);
    const bool is_json = std::string_view(route.answer) != "text";
    const auto json = nlohmann::json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || (is_json && json.is_discarded()))
        throw std::runtime_error(fault_of(answer, access));
    if (std::string_view(route.method) == "POST" && json.is_object() && json.contains("done") && json["done"].is_string())
        std::puts(json["done"].get<std::string>().c_str());
    else
        std::fputs(answer.body.c_str(), stdout);
}

void add_command(CLI::App& app, const ApiRoute& route, const std::shared_ptr<Access>& access)
{
    CLI::App* command = app.add_subcommand(route.command, route.summary);
    command->fallthrough(); // options may stand behind it
    auto values = std::make_shared<Values>();
    for (const ApiParameter& one : route.parameters) {
        auto* option = command->add_option_function<std::string>(
            one.name, [values, &one](const std::string& text) { (*values)[one.name] = text; }, parameter_help(one));
        option->required(one.is_required)
            ->type_name(receiver::takes_bytes(route.parameters) ? cli::kInput
                        : is_text(one)      ? "NAME"
                                            : "NUMBER");
        if (!one.choices.empty())
            option->check(CLI::IsMember(std::vector<std::string>(one.choices.begin(), one.choices.end())));
    }
    command->callback([&route, access, values] { ask(route, *access, *values); });
}

} // namespace

void add_ctl(CLI::App& app)
{
    auto access = std::make_shared<Access>();
    app.description("State and control of a receiver that runs with --web. What is asked for comes as JSON.");
    app.add_option("--url", access->url, "where the receiver's page is")->type_name("ADDRESS")->capture_default_str();
    app.add_option("--token", access->token, "file whose first line is the token that changes need (see --web-token)")
        ->type_name(cli::kInput);
    app.add_option("--ca", access->ca, "certificates of the authorities that may vouch for it (default: the system's)")
        ->type_name(cli::kInput);
    app.require_subcommand(1);
    for (const ApiRoute& route : receiver::api_routes())
        if (route.command)
            add_command(app, route, access);
}

int run_ctl(int argc, char** argv)
{
    CLI::App app("", "prunedamr-rx ctl");
    cli::add_common(app);
    add_ctl(app);
    return cli::run(app, argc, argv);
}

} // namespace prunedamr::rx
