// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/server.h"

#include "prunedamr/base/error.h"
#include "prunedamr/receiver/socket.h"
#include "prunedamr/receiver/web/connection.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#ifdef PRUNEDAMR_HAVE_TLS
#include <boost/asio/ssl.hpp>
#include <boost/beast/ssl.hpp>
#endif

#include <sodium.h>

#include <algorithm>
#include <csignal>
#include <list>
#include <optional>
#include <thread>

namespace prunedamr::receiver {
namespace {

namespace asio = boost::asio;

/// Host names under which a browser reaches this machine and no other.
bool is_loopback_host(beast::string_view field)
{
    std::string host(field);
    const auto bracket = host.find(']');
    const auto colon = host.find(':', bracket == std::string::npos ? 0 : bracket);
    host = host.substr(0, colon);
    if (host.size() > 2 && host.front() == '[')
        host = host.substr(1, host.size() - 2);
    error_code failure;
    const auto address = asio::ip::make_address(host, failure);
    return host == "localhost" || (!failure && address.is_loopback());
}

tcp::endpoint parse_endpoint(const std::string& text)
{
    const HostPort parts = parse_host_port(text, "ADDRESS:PORT");
    error_code failure;
    const auto address = asio::ip::make_address(parts.host == "localhost" ? "127.0.0.1" : parts.host, failure);
    if (failure)
        throw InvalidArgument(
            { "bad address of the page", "", text, "an IP address and a port, such as 127.0.0.1:8080" });
    return { address, static_cast<unsigned short>(std::stoi(parts.port)) };
}

} // namespace

struct WebServer::Impl {
    Impl(const WebConfig& config, std::vector<WebRoute> routes)
        : config(config), routes(std::move(routes)), endpoint(parse_endpoint(config.address)), acceptor(io),
          pause(io)
    {
        check();
        error_code failure;
        const auto ok = [&](const char* problem) {
            if (failure)
                throw Error({ problem, config.address, failure.message(), "" });
        };
        acceptor.open(endpoint.protocol(), failure);
        ok("cannot serve the page");
        acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
        acceptor.bind(endpoint, failure);
        ok("cannot serve the page");
        acceptor.listen(asio::socket_base::max_listen_connections, failure);
        ok("cannot serve the page");
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
        const bool has_tls = !config.certificate.empty() && !config.key.empty();
        if (config.certificate.empty() != config.key.empty())
            throw InvalidArgument(
                { "a certificate and its key belong together", config.address, "one of them", "both" });
        if (!endpoint.address().is_loopback() && (!has_tls || config.token.empty()))
            throw InvalidArgument({ "the page would be open to the network", config.address,
                                    has_tls ? "no token" : "no certificate",
                                    "a loopback address, or a certificate, its key and a token" });
        if (!has_tls)
            return;
#ifdef PRUNEDAMR_HAVE_TLS
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

    HttpResponse answer(const HttpRequest& request) const
    {
        const std::string target(request.target());
        const auto question = target.find('?');
        WebRequest asked{ std::string(request.method_string()), target.substr(0, question),
                          question == std::string::npos ? "" : target.substr(question + 1), request.body() };
        WebAnswer found =
            authorized(request) ? dispatch(asked) : WebAnswer{ 401, "text/plain", "a token is needed\n" };
        if (endpoint.address().is_loopback() && !is_loopback_host(request[http::field::host]))
            found = { 403, "text/plain", "this host is not served here\n" };
        HttpResponse response = make(found, request.version());
        response.keep_alive(request.keep_alive());
        if (found.status == 401)
            response.set(http::field::www_authenticate, "Bearer");
        if (found.status == 405)
            response.set(http::field::allow, allowed(asked.path));
        return response;
    }

    /// On loopback everybody may read.
    bool authorized(const HttpRequest& request) const
    {
        if (endpoint.address().is_loopback())
            return true;
        const std::string expected = "Bearer " + config.token, given(request[http::field::authorization]);
        return given.size() == expected.size() && sodium_memcmp(given.data(), expected.data(), given.size()) == 0;
    }

    WebAnswer dispatch(const WebRequest& request) const
    {
        for (const WebRoute& route : routes)
            if (route.path == request.path && route.method == request.method)
                try {
                    return route.serve(request);
                } catch (const std::exception&) { // out of memory, perhaps
                    return { 500, "text/plain", "this failed\n" };
                }
        return allowed(request.path).empty() ? WebAnswer{ 404, "text/plain", "there is no such page\n" }
                                             : WebAnswer{ 405, "text/plain", "this method is not served\n" };
    }

    std::string allowed(const std::string& path) const
    {
        std::string methods;
        for (const WebRoute& route : routes)
            if (route.path == path)
                methods += (methods.empty() ? "" : ", ") + route.method;
        return methods;
    }

    static HttpResponse make(const WebAnswer& answer, unsigned version)
    {
        HttpResponse response(static_cast<http::status>(answer.status), version);
        response.set(http::field::content_type, answer.type);
        response.set(http::field::cache_control, "no-store");
        response.set("X-Content-Type-Options", "nosniff");
        response.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        response.body() = answer.body;
        response.prepare_payload();
        return response;
    }

    const WebConfig config;
    const std::vector<WebRoute> routes;
    const tcp::endpoint endpoint;
    std::list<Connection*> connections; ///< on the thread
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

WebServer::WebServer(const WebConfig& config, std::vector<WebRoute> routes)
    : impl_(std::make_unique<Impl>(config, std::move(routes)))
{
}

WebServer::~WebServer() = default;

std::string WebServer::address() const
{
    return (impl_->config.certificate.empty() ? "http://" : "https://") + impl_->config.address;
}

} // namespace prunedamr::receiver
