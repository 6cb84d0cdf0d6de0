// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/web_page.h"

#include "apps/common/cli.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/time.h"
#include "prunedamr/model/model_update.h"
#include "prunedamr/receiver/outputs/output.h"
#include "prunedamr/receiver/web/page_files.h"
#include "prunedamr/recording/sigmf_label.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace prunedamr::rx {
namespace {

using namespace receiver;

WebConfig web_config(const Options& options)
{
    WebConfig config;
    config.address = options.web;
    config.certificate = options.web_cert;
    config.key = options.web_key;
    if (!options.web_token.empty())
        config.token = read_secret(options.web_token, cli::print);
    return config;
}

class PageSink : public stream::Sink
{
public:
    PageSink(StatusBoard& board, EmissionLog& log) : board_(board), log_(log) {}

    void write(const stream::LabelEvent& event) override
    {
        board_.add(event);
        log_.add(event);
    }

private:
    StatusBoard& board_;
    EmissionLog& log_;
};

} // namespace

WebPage::WebPage(const Options& options, StatusBoard& board)
    : options_(options), board_(board), snippets_(options.snippet_folder()),
      server_(web_config(options), routes(),
              { path_of(ApiTopic::stream), [this] { return welcome_text(picture_, log_, board_.status_json()); } }),
      feed_(server_, picture_, log_, [this] { return board_.status_json(); })
{
}

std::unique_ptr<stream::Sink> WebPage::sink()
{
    return std::make_unique<PageSink>(board_, log_);
}

std::vector<WebRoute> WebPage::routes()
{
    std::vector<WebRoute> routes;
    for (const PageFile& file : page_files())
        routes.push_back({ "GET", std::string(file.path),
                           [&file](const WebRequest&) {
                               return WebAnswer{ 200, std::string(file.type), std::string(file.content) };
                           },
                           WebAccess::open });
    for (const ApiRoute& route : api_routes()) {
        if (route.change == ChangeKind::none)
            routes.push_back({ route.method, route.path,
                               [this, &route](const WebRequest& request) { return answer(route, request); }, route.access });
        else
            routes.push_back({ route.method, route.path,
                               [this, &route](const WebRequest& request) { return ask(route, request); }, route.access,
                               route.change == ChangeKind::update ? model::kMaxUpdateBytes : 0 });
    }
    return routes;
}

WebAnswer WebPage::answer(const ApiRoute& route, const WebRequest& request)
try {
    auto query = parse_query(route, request.query);
    switch (route.topic) {
    case ApiTopic::metrics:
        return { 200, "text/plain; version=0.0.4; charset=utf-8", board_.metrics() };
    case ApiTopic::status:
        return json_answer(board_.status_json());
    case ApiTopic::emissions:
        return json_answer(log_.emissions_json() + "\n");
    case ApiTopic::history:
        return json_answer(log_.history_json(static_cast<std::size_t>(query.emplace("limit", kHistoryEntries).first->second)));
    case ApiTopic::occupancy:
        return json_answer(log_.occupancy_json());
    case ApiTopic::description:
        return json_answer(openapi_json());
    case ApiTopic::evidence: {
        const auto found = log_.picture_json(static_cast<std::uint64_t>(query.at("id")));
        return found ? json_answer(*found) : json_error(404, "there is no such emission");
    }
    case ApiTopic::snippets:
        return json_answer(
            snippets_.json(static_cast<std::size_t>(query.emplace("limit", kHistoryEntries).first->second)));
    case ApiTopic::scan: {
        const std::lock_guard lock(mutex_);
        return json_answer(scan_json(scan_.get()));
    }
    case ApiTopic::stream:
    case ApiTopic::change:
        break;
    }
    return json_error(426, "this is a WebSocket, or as many as there may be are open");
} catch (const Error& error) {
    return json_error(400, error.what());
}

/// None: the session answers.
std::optional<WebAnswer> WebPage::ask(const ApiRoute& route, const WebRequest& request)
try {
    if (!request.query.empty())
        return json_error(400, "a change takes its parameters in the body, as a JSON object");
    Request next{ request.id, parse_change(route, request.body) };
    const std::lock_guard lock(mutex_);
    if (requests_.size() >= kMaxRequests)
        return json_error(503, "too many changes are waiting");
    requests_.push_back(std::move(next));
    return std::nullopt;
} catch (const Error& error) {
    return json_error(400, error.what());
}

std::optional<WebPage::Request> WebPage::take_request()
{
    const std::lock_guard lock(mutex_);
    if (requests_.empty())
        return std::nullopt;
    Request next = std::move(requests_.front());
    requests_.pop_front();
    return next;
}

void WebPage::label(const Request& request)
{
    const Change& change = request.change;
    const std::string folder = options_.snippet_folder();
    if (folder.empty())
        throw InvalidArgument({ "this receiver keeps no snippets", "", "", "--snippets FOLDER" });
    const auto names = recording::snippets_in(folder); // nothing else can be named
    if (!std::binary_search(names.begin(), names.end(), change.snippet))
        return refuse(request.id,
                      "there is no such snippet: found '" + change.snippet.substr(0, 100) +
                          "', expected a name as it is listed",
                      404);
    const std::string author = change.author.empty() ? "web" : change.author;
    recording::set_label(folder + "/" + change.snippet, change.text, author, system_time_ns());
    reply(request.id, "labeled");
}

void WebPage::reply(std::uint64_t id, const std::string& done)
{
    server_.reply(id, json_answer(nlohmann::json{ { "done", done } }.dump() + "\n"));
}

void WebPage::refuse(std::uint64_t id, const std::string& fault, unsigned status)
{
    server_.reply(id, json_error(status, fault));
}

void WebPage::set_scan(std::shared_ptr<ScanSchedule> scan)
{
    const std::lock_guard lock(mutex_);
    scan_ = std::move(scan);
}

Picture& WebPage::begin_run(const SourceInfo& source)
{
    picture_.begin_run(source.sample_rate_hz);
    log_.begin_run(picture_.run(), source.sample_rate_hz);
    log_.set_tuned(source.center_freq_hz);
    return picture_;
}

} // namespace prunedamr::rx
