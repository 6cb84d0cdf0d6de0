// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/server.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/base/text.h"
#include "prunedamr/receiver/socket.h"
#include "prunedamr/receiver/web/connection.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#ifdef PRUNEDAMR_HAVE_TLS
#include <boost/asio/ssl.hpp>
#include <boost/beast/ssl.hpp>
#endif

#include <sodium.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <list>
#include <map>
#include <optional>
#include <thread>
#include <variant>

namespace prunedamr::receiver {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxPemBytes = 1 << 20;

/// Host names under which a browser reaches this machine and no other.
bool is_loopback_host(beast::string_view field)
{
    std::string host(field);
    const auto bracket = host.find(']');
    host = host.substr(0, host.find(':', bracket == std::string::npos ? 0 : bracket));
    if (host.size() > 2 && host.front() == '[')
        host = host.substr(1, host.size() - 2);
    error_code failure;
    const auto address = asio::ip::make_address(host, failure);
    return host == "localhost" || (!failure && address.is_loopback());
}

/// What a page may do: run its own script with its own style, and ask its own server.
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";
constexpr const char* kNoPolicy = "default-src 'none'; frame-ancestors 'none'";

tcp::endpoint parse_endpoint(const std::string& text)
{
    const HostPort parts = parse_host_port(text, "ADDRESS:PORT");
    error_code failure;
    const auto address = asio::ip::make_address(parts.host == "localhost" ? "127.0.0.1" : parts.host, failure);
    if (failure)
        throw InvalidArgument({ "bad address of the page", "", text, "an IP address and a port, such as 127.0.0.1:8080" });
    return { address, static_cast<unsigned short>(std::stoi(parts.port)) };
}

} // namespace

struct WebServer::Impl {
    Impl(const WebConfig& config, std::vector<WebRoute> routes, WebStream stream)
        : config(config), routes(std::move(routes)), stream(std::move(stream)),
          endpoint(parse_endpoint(config.address)), acceptor(io), pause(io)
    {
        check();
        error_code failure;
        acceptor.open(endpoint.protocol(), failure);
        if (!failure) {
            acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
            acceptor.bind(endpoint, failure);
        }
        if (!failure)
            acceptor.listen(asio::socket_base::max_listen_connections, failure);
        if (failure)
            throw Error({ "cannot serve the page", config.address, failure.message(), "" });
        accept();
        thread = std::thread([this] { run(); });
    }

    ~Impl()
    {
        io.stop();
        thread.join();
    }

    void check()
    {
        if (sodium_init() < 0)
            throw Error({ "cannot use libsodium", config.address, "", "" });
        const bool has_tls = !config.certificate.empty() && !config.key.empty();
        if (config.certificate.empty() != config.key.empty())
            throw InvalidArgument({ "a certificate and its key belong together", config.address, "one of them", "both" });
        if (!endpoint.address().is_loopback() && (!has_tls || config.token.empty()))
            throw InvalidArgument({ "the page would be open to the network", config.address,
                                    has_tls ? "no token" : "no certificate",
                                    "a loopback address, or a certificate, its key and a token" });
        if (!endpoint.address().is_loopback() && config.token.size() < WebConfig::kMinTokenBytes)
            throw InvalidArgument({ "the token of the page is too short", config.address,
                                    std::to_string(config.token.size()) + " characters",
                                    "at least " + std::to_string(WebConfig::kMinTokenBytes) +
                                        " beyond loopback, such as openssl rand -hex 16 gives" });
        if (!has_tls)
            return;
#ifdef PRUNEDAMR_HAVE_TLS
        for (const std::string& file : { config.certificate, config.key })
            read_file(file, kMaxPemBytes); // says what keeps a file from being read
        error_code failure;
        context.emplace(asio::ssl::context::tls_server);
        context->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
        context->use_certificate_chain_file(config.certificate, failure);
        if (failure)
            throw Error({ "cannot use this certificate", config.certificate, failure.message(), "a chain in PEM" });
        context->use_private_key_file(config.key, asio::ssl::context::pem, failure);
        if (failure)
            throw Error({ "cannot use this key", config.key, failure.message(), "the certificate's key, in PEM" });
#else
        throw Error({ "this build has no TLS", config.address, "", "a build with PRUNEDAMR_TLS=ON" });
#endif
    }

    void run()
    {
        sigset_t pipe; // a client that leaves is no reason to end
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        io.run();
    }

    void accept()
    {
        acceptor.async_accept([this](error_code failure, tcp::socket socket) {
            if (failure) { // out of descriptors, perhaps
                pause.expires_after(std::chrono::milliseconds(100));
                return pause.async_wait([this](error_code) { accept(); });
            }
            if (make_room())
                serve(std::move(socket));
            accept();
        });
    }

    /// Whoever sends slowest gives way. False: all are being answered.
    bool make_room()
    {
        if (connections.size() < config.max_connections)
            return true;
        const auto slowest = std::find_if(connections.begin(), connections.end(),
                                          [](const auto* connection) { return connection->is_waited_for(); });
        if (slowest == connections.end())
            return false;
        (*slowest)->close();
        connections.erase(slowest);
        return true;
    }

    void serve(tcp::socket socket);

    /// None where the route answers later.
    std::optional<WebAnswer> find_answer(const HttpRequest& request, std::uint64_t id) const
    {
        const std::string target(request.target());
        const auto question = target.find('?');
        WebRequest asked{ request.method() == http::verb::head ? "GET" : std::string(request.method_string()), target.substr(0, question),
                          question == std::string::npos ? "" : target.substr(question + 1), request.body(), id };
        const WebRoute* route = find_route(asked.path, asked.method);
        if (const auto refusal = refuse(request, route ? route->access : WebAccess::read))
            return refusal;
        if (!route)
            return allowed(asked.path).empty()
                       ? json_error(404, "there is no such page")
                       : json_error(405, "this method is not served here: " + allowed(asked.path) + " is");
        try {
            return route->serve(asked);
        } catch (const std::exception&) { // out of memory, perhaps
            return json_error(500, "this failed");
        }
    }

    std::size_t largest_body() const
    {
        std::size_t largest = config.max_body_bytes;
        for (const WebRoute& route : routes)
            largest = std::max(largest, route.max_body_bytes);
        return largest;
    }

    const WebRoute* find_route(beast::string_view target, beast::string_view method) const
    {
        for (const WebRoute& route : routes)
            if (route.serves({ target.data(), std::min(target.find('?'), target.size()) }) && method == route.method)
                return &route;
        return nullptr;
    }

    /// Bytes of the body that belongs to this head, or why none may be sent.
    std::variant<std::size_t, WebAnswer> body_limit(const HttpRequest& head) const
    {
        const WebRoute* route = find_route(head.target(), head.method_string());
        if (!route || route->max_body_bytes == 0)
            return config.max_body_bytes;
        if (const auto refusal = refuse(head, route->access))
            return *refusal;
        return route->max_body_bytes;
    }

    /// Why this may not be asked, if so.
    std::optional<WebAnswer> refuse(const HttpRequest& request, WebAccess access) const
    {
        const std::string host(request[http::field::host]), origin(request[http::field::origin]);
        const beast::string_view site = request["Sec-Fetch-Site"];
        const bool is_local = endpoint.address().is_loopback();
        if (request.count(http::field::host) > 1)
            return json_error(400, "a request has one Host header");
        if (is_local && !is_loopback_host(host))
            return json_error(403, "this host is not served here");
        if (!origin.empty() && origin != (config.certificate.empty() ? "http://" : "https://") + host)
            return json_error(403, "other origins are not served");
        if (access != WebAccess::open && !site.empty() && site != "same-origin" && site != "none")
            return json_error(403, "other origins are not served");
        if (access == WebAccess::change && config.token.empty())
            return json_error(403, "nothing can be changed without a token: see --web-token");
        const bool needs_token = access == WebAccess::change || (access == WebAccess::read && !is_local);
        if (needs_token && !has_token(request))
            return json_error(401, request.count(http::field::authorization) > 0
                                       ? "this token is not the one of --web-token"
                                       : "a token is needed");
        return std::nullopt;
    }

    bool has_token(const HttpRequest& request) const
    {
        const beast::string_view field = request[http::field::authorization];
        std::string given(field.starts_with("Bearer ") ? field.substr(7) : "");
        if (websocket::is_upgrade(request))
            for (const auto& protocol : http::token_list(request[http::field::sec_websocket_protocol]))
                if (protocol.starts_with("bearer."))
                    given = from_base64(std::string_view(protocol.data(), protocol.size()).substr(7), Base64::url).value_or("");
        return hash(given) == hash_of_token;
    }

    /// Of the token and of what is given, so that the time of a comparison tells nothing about either.
    struct Hash {
        std::array<unsigned char, crypto_generichash_BYTES> bytes{};
        bool operator==(const Hash& other) const
        {
            return sodium_memcmp(bytes.data(), other.bytes.data(), bytes.size()) == 0;
        }
    };

    static Hash hash(const std::string& text)
    {
        Hash result;
        crypto_generichash(result.bytes.data(), result.bytes.size(),
                           reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
        return result;
    }

    bool opens_stream(const HttpRequest& request) const
    {
        return !stream.path.empty() && request.target() == stream.path && websocket::is_upgrade(request) &&
               streams.size() < config.max_streams && !refuse(request, WebAccess::read);
    }

    static bool offers(const HttpRequest& request, beast::string_view protocol)
    {
        return http::token_list(request[http::field::sec_websocket_protocol]).exists(protocol);
    }

    void add_stream(Connection& connection)
    {
        connections.push_back(&connection);
        streams.push_back(&connection);
        listeners = streams.size();
    }

    void remove_stream(Connection& connection)
    {
        connections.remove(&connection);
        streams.remove(&connection);
        listeners = streams.size();
    }

    std::string allowed(const std::string& path) const
    {
        std::string methods;
        for (const WebRoute& route : routes)
            if (route.serves(path))
                methods += (methods.empty() ? "" : ", ") + route.method + (route.method == "GET" ? ", HEAD" : "");
        return methods;
    }

    HttpResponse respond(const HttpRequest& request, const WebAnswer& answer) const
    {
        HttpResponse response = make(answer, request.version());
        response.keep_alive(request.keep_alive());
        if (request.method() == http::verb::head)
            response.body().clear(); // its length stays in the head
        if (answer.status == 401)
            response.set(http::field::www_authenticate, "Bearer");
        if (answer.status == 405)
            response.set(http::field::allow, allowed(std::string(request.target()).substr(0, request.target().find('?'))));
        return response;
    }

    static HttpResponse make(const WebAnswer& answer, unsigned version)
    {
        HttpResponse response(static_cast<http::status>(answer.status), version);
        response.set(http::field::content_type, answer.type);
        response.set(http::field::cache_control, "no-store");
        response.set("X-Content-Type-Options", "nosniff");
        response.set("Referrer-Policy", "no-referrer");
        response.set("Cross-Origin-Resource-Policy", "same-origin");
        response.set("Content-Security-Policy", answer.type.rfind("text/html", 0) == 0 ? kPagePolicy : kNoPolicy);
        response.body() = answer.body;
        response.prepare_payload();
        return response;
    }

    const WebConfig config;
    const std::vector<WebRoute> routes;
    const WebStream stream;
    const tcp::endpoint endpoint;
    const Hash hash_of_token = hash(config.token);
    std::list<Connection*> connections, streams; ///< on the thread; all, and those of the stream
    std::map<std::uint64_t, std::weak_ptr<Connection>> pending; ///< that wait for a reply
    std::uint64_t next_id = 1;
    std::atomic<std::size_t> listeners{ 0 };
    asio::io_context io{ 1 };
    tcp::acceptor acceptor;
    asio::steady_timer pause;
#ifdef PRUNEDAMR_HAVE_TLS
    std::optional<asio::ssl::context> context;
#endif
    std::thread thread;
};

void WebServer::Impl::serve(tcp::socket socket)
{
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
#ifdef PRUNEDAMR_HAVE_TLS
    if (context)
        return std::make_shared<HttpConnection<beast::ssl_stream<beast::tcp_stream>, Impl>>(
                   *this, std::move(socket), *context)
            ->start();
#endif
    std::make_shared<HttpConnection<beast::tcp_stream, Impl>>(*this, std::move(socket))->start();
}

WebServer::WebServer(const WebConfig& config, std::vector<WebRoute> routes, WebStream stream)
    : impl_(std::make_unique<Impl>(config, std::move(routes), std::move(stream)))
{
}

WebServer::~WebServer() = default;

void WebServer::reply(std::uint64_t id, WebAnswer answer)
{
    asio::post(impl_->io, [impl = impl_.get(), id, answer = std::move(answer)] {
        const auto found = impl->pending.find(id);
        const auto connection = found == impl->pending.end() ? nullptr : found->second.lock();
        if (found != impl->pending.end())
            impl->pending.erase(found);
        if (connection)
            connection->answer(answer);
    });
}

void WebServer::broadcast(WebMessage message)
{
    if (impl_->listeners > 0)
        asio::post(impl_->io, [impl = impl_.get(), message = std::move(message)] {
            for (Connection* connection : impl->streams)
                connection->offer(message);
        });
}

std::size_t WebServer::listeners() const noexcept
{
    return impl_->listeners;
}

std::string WebServer::address() const
{
    return (impl_->config.certificate.empty() ? "http://" : "https://") + impl_->config.address;
}

} // namespace prunedamr::receiver
