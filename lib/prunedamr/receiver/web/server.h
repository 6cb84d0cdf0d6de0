// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prunedamr::receiver {

struct WebConfig {
    std::string address = "127.0.0.1:8080"; ///< IP address and port; beyond loopback only with TLS and a token
    std::string certificate, key;           ///< files of PEM: the chain and its secret key; empty: no TLS
    static constexpr std::size_t kMinTokenBytes = 16; ///< beyond loopback
    std::string token; ///< that whoever changes something must bring (Authorization: Bearer ...), and beyond loopback
                       ///< whoever reads; empty: nothing can be changed

    std::size_t max_connections = 64; ///< beyond, the one that has been waited for longest is closed
    std::size_t max_streams = 32;     ///< of these
    std::size_t max_head_bytes = 8 << 10, max_body_bytes = 64 << 10;
    std::chrono::milliseconds patience{ 10'000 }; ///< for a whole request, or for an answer to be taken
    std::chrono::seconds silence{ 30 };           ///< after which a stream's client that answers no ping is closed
    double max_rate_hz = 50.0, max_burst = 200.0; ///< requests of a connection; more wait
};

struct WebRequest {
    std::string method, path, query; ///< "GET", "/metrics", "a=b"
    std::string body;
    std::uint64_t id = 0; ///< for `WebServer::reply`
};

struct WebAnswer {
    unsigned status = 200;
    std::string type = "text/plain; charset=utf-8", body;
};

WebAnswer json_answer(std::string body, unsigned status = 200);
WebAnswer json_error(unsigned status, const std::string& text); ///< {"error": text}, as whatever is refused

/// Who may ask: anybody; whoever may read (on loopback everybody, beyond it who has the token); who has the token.
enum class WebAccess { open, read, change };

/// What is served under a path. `serve` runs on the server's one thread: it must be quick. An answer that takes
/// longer is none yet, and comes by `WebServer::reply`.
struct WebRoute {
    std::string method, path; ///< a path that ends in "/*" stands for all below it
    std::function<std::optional<WebAnswer>(const WebRequest&)> serve;
    WebAccess access = WebAccess::read;
    std::size_t max_body_bytes = 0; ///< 0: the server's; a larger one only for who has access

    bool serves(std::string_view asked) const
    {
        const bool is_below = path.size() > 2 && path.compare(path.size() - 2, 2, "/*") == 0;
        return is_below ? asked.substr(0, path.size() - 1) == std::string_view(path).substr(0, path.size() - 1) : asked == path;
    }
};

/// A WebSocket on which the server speaks and clients listen. Each message that a client sends acknowledges a passing
/// one (`WebMessage`); from the first on, no more than four of them are under way to it. A client that may not set
/// headers, such as a browser, brings the token as a subprotocol: "bearer." and the token in base64url.
struct WebStream {
    static constexpr const char* kProtocol = "prunedamr.v1"; ///< the other subprotocol, which is agreed to

    std::string path;                     ///< empty: none
    std::function<std::string()> welcome; ///< text that a client gets first, and whenever it missed something
};

struct WebMessage {
    std::shared_ptr<const std::string> bytes;
    bool is_binary = false;
    bool is_passing = false; ///< a client that has not got it yet when the next such one comes never does
};

/// A small HTTP/1.1 server on a thread of its own. Connections, sizes, rates and times are bounded, so that many
/// clients, slow ones and silent ones cost no more than their own places. A page of another origin is refused, and
/// on loopback also a request that names no loopback host, as those of a name that somebody points here do.
class WebServer
{
public:
    /// Binds and serves. Throws `InvalidArgument` for an address that is none, or beyond loopback without TLS and
    /// token; `Error` when it cannot be bound or a file cannot be used.
    WebServer(const WebConfig& config, std::vector<WebRoute> routes, WebStream stream = {});
    ~WebServer(); ///< closes all connections

    std::string address() const; ///< "http://127.0.0.1:8080"

    /// The answer to a request whose route had none. Nothing happens when its client is gone. Any thread.
    void reply(std::uint64_t id, WebAnswer answer);

    /// To all clients of the stream, each as fast as it reads: 64 messages wait for it, then it is welcomed again
    /// instead. Never blocks. Any thread.
    void broadcast(WebMessage message);
    std::size_t listeners() const noexcept; ///< clients of the stream; any thread

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace prunedamr::receiver
