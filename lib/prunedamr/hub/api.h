// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/signature.h"
#include "prunedamr/hub/ingest.h"
#include "prunedamr/receiver/web/openapi_document.h"
#include "prunedamr/receiver/web/server.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace prunedamr::hub {

struct ApiState {
    IngestCounts counts;
    std::vector<std::pair<std::string, bool>> links; ///< name, and whether it is connected
};

struct ApiConfig {
    std::string database;
    receiver::WebConfig web;
    std::vector<PublicKey> update_keys;
    std::function<ApiState()> state; ///< any thread
};

/// A request of the API: where it matched, and what it brings.
struct ApiRequest {
    std::map<std::string, std::string> values; ///< of the query or of the JSON body, as text or JSON; "ID" and "ACTION" of the path
    std::string body;

    std::string text(const std::string& name, const std::string& otherwise = "") const;
    std::int64_t number(const std::string& name, std::int64_t otherwise) const;
};

/// The database, which is connected to when somebody needs it. Throws as `open_database` does.
using Connect = std::function<Database&()>;

/// The one list from which the server and its description (OpenAPI) are made.
struct HubRoute : receiver::OpenApiOperation {
    std::function<receiver::WebAnswer(class Api&, const Connect&, const ApiRequest&)> answer_to;
};
const std::vector<HubRoute>& hub_routes();
std::string hub_openapi_json();

/// Reads and checks what a request brings. Throws `InvalidArgument`.
ApiRequest read_request(const HubRoute& route, const std::string& path, const std::string& query, const std::string& body);

/// The page and the API. Answers are made on two threads of its own, each with a connection to the database, so that a long
/// question holds up one other at most.
class Api
{
public:
    explicit Api(const ApiConfig& config);
    ~Api();

    void start(); ///< binds and serves; throws as `WebServer` does
    std::string address() const;

    const ApiConfig& config() const { return config_; }

private:
    struct Job {
        const HubRoute* route;
        receiver::WebRequest request;
    };

    std::optional<receiver::WebAnswer> ask(const HubRoute& route, const receiver::WebRequest& request);
    void work();
    receiver::WebAnswer answer(const Job& job, std::unique_ptr<Database>& database);
    std::vector<receiver::WebRoute> routes();

    const ApiConfig config_;
    std::mutex mutex_; ///< of these two
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::condition_variable changed_;
    std::unique_ptr<receiver::WebServer> server_;
    std::vector<std::thread> workers_;
};

} // namespace prunedamr::hub
