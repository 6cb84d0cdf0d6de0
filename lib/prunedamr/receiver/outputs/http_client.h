// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace prunedamr::receiver {

/// "http://HOST[:PORT]" or "https://...", to which paths are added.
struct HttpServer {
    bool use_tls = false;
    std::string host, port;
    std::string ca; ///< file of the authorities that may vouch for it; empty: the system's
};

/// Throws `InvalidArgument` for another form.
HttpServer parse_http_server(const std::string& url);

/// Requests to one server over a connection that is kept.
class HttpClient
{
public:
    /// Throws `Error` when the file of authorities cannot be read, or a build without OpenSSL is asked for TLS.
    explicit HttpClient(const HttpServer& server, std::chrono::seconds patience = std::chrono::seconds(5));
    ~HttpClient();

    struct Answer {
        unsigned status;
        std::string body; ///< its first 64 KiB (of `get`: 16 MiB); the connection is closed when there is more
    };

    /// `authorization`: the header of that name; empty: none. Throws `Error` when there is no answer within
    /// `patience` for each step.
    Answer post(const std::string& path, const std::string& authorization, const std::string& body,
                const std::string& type = "text/plain; charset=utf-8");
    Answer get(const std::string& path, const std::string& authorization);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::receiver
