// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::receiver {

struct WebConfig {
    std::string address = "127.0.0.1:8080"; ///< IP address and port; beyond loopback only with TLS and a token
    std::string certificate, key;           ///< files of PEM: the chain and its secret key; empty: no TLS
    std::string token; ///< that a request from beyond loopback must bring (Authorization: Bearer ...)

    std::size_t max_connections = 64; ///< beyond, the one that has been waited for longest is closed
    std::size_t max_head_bytes = 8 << 10, max_body_bytes = 64 << 10;
    std::chrono::milliseconds patience{ 10'000 }; ///< for a whole request, or for an answer to be taken
};

struct WebRequest {
    std::string method, path, query; ///< "GET", "/metrics", "a=b"
    std::string body;
};

struct WebAnswer {
    unsigned status = 200;
    std::string type = "text/plain; charset=utf-8", body;
};

/// What is served under a path. `serve` runs on the server's one thread: it must be quick.
struct WebRoute {
    std::string method, path;
    std::function<WebAnswer(const WebRequest&)> serve;
};

/// A small HTTP/1.1 server on a thread of its own. Connections, sizes and times are bounded, so that many clients,
/// slow ones and silent ones cost no more than their own places. On loopback a request must name a loopback host: a
/// page of another origin whose name points here is refused.
class WebServer
{
public:
    /// Binds and serves. Throws `InvalidArgument` for an address that is none, or beyond loopback without TLS and
    /// token; `Error` when it cannot be bound or a file cannot be used.
    WebServer(const WebConfig& config, std::vector<WebRoute> routes);
    ~WebServer(); ///< closes all connections

    std::string address() const; ///< "http://127.0.0.1:8080"

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::receiver
