// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/api.h"

#include "prunedamr/base/json_object.h"
#include "prunedamr/hub/page_files.h"
#include "prunedamr/hub/rollout.h"
#include "prunedamr/model/model_update.h"
#include "prunedamr/receiver/hub/messages.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace prunedamr::hub {
namespace {

using namespace receiver;
using Json = nlohmann::json;

constexpr std::size_t kWorkers = 2, kMaxJobs = 128;

[[noreturn]] void refuse(const std::string& found, const std::string& expected)
{
    throw InvalidArgument({ "wrong parameters", "", found.substr(0, 60), expected });
}

std::string decoded(const std::string& text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int byte = 0;
        const char* digits = text.data() + i + 1;
        const bool is_escape = text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
        result += is_escape ? static_cast<char>(byte) : text[i] == '+' ? ' ' : text[i];
        i += is_escape ? 2 : 0;
    }
    return result;
}

const ApiParameter& parameter(const HubRoute& route, const std::string& name, bool is_path)
{
    std::string known;
    for (const ApiParameter& one : route.parameters) {
        if (is_in_path(route.path, one) != is_path)
            continue;
        if (name == one.name)
            return one;
        known += (known.empty() ? "" : " or ") + std::string(one.name);
    }
    throw InvalidArgument({ "unknown parameter", "", "'" + name.substr(0, 60) + "'", known.empty() ? "none" : known });
}

void check(const ApiParameter& one, const std::string& value)
{
    const std::string_view type = one.type;
    if (type == "string" && !one.choices.empty() && std::none_of(one.choices.begin(), one.choices.end(), [&](const char* choice) { return value == choice; }))
        refuse(std::string(one.name) + "=" + value, one.meaning);
    if (type != "number" && type != "integer")
        return;
    double number = 0.0;
    const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (fault != std::errc() || end != value.data() + value.size() || !(number >= one.min && number <= one.max) ||
        (type == "integer" && number != std::floor(number)))
        refuse(std::string(one.name) + "=" + value, std::string(one.name) + ", " + range_text(one.min, one.max));
}

bool is_list_of_texts(const Json& value)
{
    return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& one) { return one.is_string(); });
}

bool has_body(const HubRoute& route)
{
    return std::any_of(route.parameters.begin(), route.parameters.end(), [&](const ApiParameter& one) { return !is_in_path(route.path, one); });
}

/// Up to the first part that differs from request to request: what `WebRoute` finds it by.
std::string fixed_part(const std::string& path)
{
    const auto brace = path.find('{');
    return brace == std::string::npos ? path : path.substr(0, brace) + "*";
}

void read_path(const HubRoute& route, const std::string& path, ApiRequest& request)
{
    const std::string form = route.path;
    const auto brace = form.find("{id}/{action}");
    if (brace == std::string::npos)
        return;
    const std::string rest = path.substr(brace);
    const auto slash = rest.find('/');
    if (slash == std::string::npos)
        refuse(path, form);
    for (const auto& [name, value] : { std::pair("id", rest.substr(0, slash)), std::pair("action", rest.substr(slash + 1)) }) {
        check(parameter(route, name, true), value);
        request.values[name] = value;
    }
}

} // namespace

std::string ApiRequest::text(const std::string& name, const std::string& otherwise) const
{
    const auto found = values.find(name);
    return found == values.end() ? otherwise : found->second;
}

std::int64_t ApiRequest::number(const std::string& name, std::int64_t otherwise) const
{
    const auto found = values.find(name);
    return found == values.end() ? otherwise : static_cast<std::int64_t>(std::strtod(found->second.c_str(), nullptr));
}

ApiRequest read_request(const HubRoute& route, const std::string& path, const std::string& query, const std::string& body)
{
    ApiRequest request;
    read_path(route, path, request);
    for (std::size_t begin = 0; begin < query.size();) {
        const std::size_t end = std::min(query.find('&', begin), query.size());
        const std::string part = query.substr(begin, end - begin);
        begin = end + 1;
        const auto equals = std::min(part.find('='), part.size());
        const std::string name = decoded(part.substr(0, equals)), value = equals < part.size() ? decoded(part.substr(equals + 1)) : "";
        check(parameter(route, name, false), value);
        request.values[name] = value;
    }
    if (takes_bytes(route.parameters)) {
        request.body = body;
    } else if (std::string_view(route.method) == "POST" && has_body(route)) {
        const Json json = Json::parse(body, nullptr, false);
        if (!json.is_object())
            refuse(body, "a JSON object");
        for (const auto& [name, value] : json.items()) {
            const ApiParameter& one = parameter(route, name, false);
            const bool is_right = one.type == std::string("string") ? value.is_string() : one.type == std::string("array") ? is_list_of_texts(value)
                                  : one.type == std::string("boolean")                                                    ? value.is_boolean()
                                                                                                                          : value.is_number();
            if (!is_right)
                refuse(name, one.meaning);
            request.values[name] = value.is_string() ? value.get<std::string>() : value.dump();
            check(one, request.values[name]);
        }
    }
    for (const ApiParameter& one : route.parameters)
        if (one.is_required && one.type != std::string("binary") && request.values.count(one.name) == 0)
            refuse("no " + std::string(one.name), one.meaning);
    return request;
}

Api::Api(const ApiConfig& config) : config_(config) {}

Api::~Api()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_)
        worker.join();
    server_.reset();
}

void Api::start()
{
    server_ = std::make_unique<WebServer>(config_.web, routes());
    for (std::size_t i = 0; i < kWorkers; ++i)
        workers_.emplace_back([this] { work(); });
}

std::string Api::address() const
{
    return server_->address();
}

std::vector<WebRoute> Api::routes()
{
    std::vector<WebRoute> routes;
    for (const PageFile& file : page_files())
        routes.push_back({ "GET", std::string(file.path),
                           [&file](const WebRequest&) { return WebAnswer{ 200, std::string(file.type), std::string(file.content) }; },
                           WebAccess::open });
    for (const HubRoute& route : hub_routes())
        routes.push_back({ route.method, fixed_part(route.path),
                           [this, &route](const WebRequest& request) { return ask(route, request); }, route.access,
                           takes_bytes(route.parameters) ? model::kMaxUpdateBytes : 0 });
    return routes;
}

std::optional<WebAnswer> Api::ask(const HubRoute& route, const WebRequest& request)
{
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= kMaxJobs)
        return json_error(503, "too many ask at the same time");
    jobs_.push_back({ &route, request });
    changed_.notify_one();
    return std::nullopt;
}

void Api::work()
{
    std::unique_ptr<Database> database;
    while (true) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_)
            return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        server_->reply(job.request.id, answer(job, database));
    }
}

WebAnswer Api::answer(const Job& job, std::unique_ptr<Database>& database)
{
    try {
        const ApiRequest request = read_request(*job.route, job.request.path, job.request.query, job.request.body);
        const Connect connect = [&]() -> Database& {
            if (!database) {
                database = open_database(config_.database);
                database->limit(config_.web.patience);
            }
            return *database;
        };
        return job.route->answer_to(*this, connect, request);
    } catch (const DatabaseAway& error) {
        database.reset();
        return json_error(503, error.what());
    } catch (const InvalidArgument& error) {
        return json_error(400, error.what());
    } catch (const NotHere& error) {
        return json_error(404, error.what());
    } catch (const model::UpdateRefused& error) {
        return json_error(409, std::string(model::to_string(error.fault())) + ": " + error.what());
    } catch (const Error& error) {
        return json_error(409, error.what());
    } catch (const std::exception&) {
        return json_error(500, "this failed");
    }
}

} // namespace prunedamr::hub
