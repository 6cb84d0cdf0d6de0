// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/http_client.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/version.h"
#include "prunedamr/receiver/socket.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#ifdef PRUNEDAMR_HAVE_TLS
#include <boost/asio/ssl.hpp>
#include <boost/beast/ssl.hpp>
#endif

#include <chrono>
#include <limits>
#include <optional>

namespace prunedamr::receiver {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::size_t kMaxAnswerBytes = 64 << 10;
constexpr std::size_t kMaxDocumentBytes = 16 << 20; ///< of what is asked for

} // namespace

HttpServer parse_http_server(const std::string& url)
{
    HttpServer server;
    const auto scheme_end = url.find("://");
    const std::string scheme = url.substr(0, scheme_end == std::string::npos ? 0 : scheme_end);
    std::string address = scheme.empty() ? "" : url.substr(scheme_end + 3);
    if (!address.empty() && address.back() == '/')
        address.pop_back();
    server.use_tls = scheme == "https";
    if ((scheme != "http" && scheme != "https") || address.empty() ||
        address.find_first_of("/?#@") != std::string::npos)
        throw InvalidArgument({ "bad address", "", url, "http://HOST[:PORT] or https://HOST[:PORT]" });
    const auto colon = address.find(':', address.rfind(']') == std::string::npos ? 0 : address.rfind(']'));
    if (colon == std::string::npos)
        address += server.use_tls ? ":443" : ":80";
    const HostPort parts = parse_host_port(address, "http[s]://HOST[:PORT]");
    server.host = parts.host;
    server.port = parts.port;
    return server;
}

struct HttpClient::Impl {
    Impl(const HttpServer& server, std::chrono::seconds patience) : server(server), patience(patience)
    {
#ifdef PRUNEDAMR_HAVE_TLS
        if (!server.use_tls)
            return;
        error_code failure;
        context.emplace(asio::ssl::context::tls_client);
        context->set_verify_mode(asio::ssl::verify_peer);
        context->set_verify_callback(asio::ssl::host_name_verification(server.host));
        if (server.ca.empty())
            context->set_default_verify_paths(failure);
        else
            context->load_verify_file(server.ca, failure);
        if (failure)
            throw Error(
                { "cannot read the certificates of authorities", server.ca, failure.message(), "a file of PEM" });
#else
        if (server.use_tls)
            throw Error({ "this build has no TLS", server.host, "", "a build with PRUNEDAMR_TLS=ON" });
#endif
    }

    /// Runs one asynchronous step, which a deadline ends. `harmless`: a result that is as good as success.
    template <typename Step> void run(const char* problem, const Step& step, error_code harmless = {})
    {
        error_code result;
        lowest().expires_after(patience);
        step([&](error_code code, auto&&...) { result = code; });
        io.restart();
        io.run();
        if (result && result != harmless)
            throw Error({ problem, server.host, result.message(), "" });
    }

    beast::tcp_stream& lowest()
    {
#ifdef PRUNEDAMR_HAVE_TLS
        if (secure)
            return beast::get_lowest_layer(*secure);
#endif
        return *plain;
    }

    void connect()
    {
        error_code failure;
        const auto addresses = asio::ip::tcp::resolver(io).resolve(server.host, server.port, failure);
        if (failure)
            throw Error({ "no such address", server.host, failure.message(), "" });
#ifdef PRUNEDAMR_HAVE_TLS
        if (server.use_tls) {
            secure.emplace(io, *context);
            SSL_set_tlsext_host_name(secure->native_handle(), server.host.c_str());
            run("cannot connect", [&](auto done) { lowest().async_connect(addresses, done); });
            return run("no TLS connection",
                       [&](auto done) { secure->async_handshake(asio::ssl::stream_base::client, done); });
        }
#endif
        plain.emplace(io);
        run("cannot connect", [&](auto done) { plain->async_connect(addresses, done); });
    }

    bool is_connected() const
    {
#ifdef PRUNEDAMR_HAVE_TLS
        if (secure)
            return true;
#endif
        return plain.has_value();
    }

    void close()
    {
        plain.reset();
#ifdef PRUNEDAMR_HAVE_TLS
        secure.reset();
#endif
    }

    template <typename Stream>
    Answer exchange(Stream& stream, http::request<http::string_body>& request, std::size_t max_bytes)
    {
        beast::flat_buffer buffer;
        http::response_parser<http::buffer_body> parser;
        parser.body_limit(std::numeric_limits<std::uint64_t>::max()); // none at all is taken for 0 by some versions
        std::string body(max_bytes, '\0');
        parser.get().body().data = body.data();
        parser.get().body().size = body.size();
        run("cannot send", [&](auto done) { http::async_write(stream, request, done); });
        const error_code is_full = http::error::need_buffer;
        run("no answer", [&](auto done) { http::async_read(stream, buffer, parser, done); }, is_full);
        body.resize(body.size() - parser.get().body().size);
        if (!parser.is_done() || !parser.get().keep_alive())
            close();
        return { parser.get().result_int(), body };
    }

    Answer exchange(http::request<http::string_body>& request, std::size_t max_bytes)
    {
#ifdef PRUNEDAMR_HAVE_TLS
        if (secure)
            return exchange(*secure, request, max_bytes);
#endif
        return exchange(*plain, request, max_bytes);
    }

    Answer send(http::request<http::string_body>& request, const std::string& authorization, std::size_t max_bytes)
    {
        const bool is_ipv6 = server.host.find(':') != std::string::npos;
        request.set(http::field::host, (is_ipv6 ? "[" + server.host + "]" : server.host) + ":" + server.port);
        request.set(http::field::user_agent, std::string("prunedamr-rx/") + prunedamr::kVersion);
        if (!authorization.empty())
            request.set(http::field::authorization, authorization);
        request.prepare_payload();
        for (bool was_kept = is_connected();; was_kept = false)
            try {
                if (!is_connected())
                    connect();
                return exchange(request, max_bytes);
            } catch (const Error&) {
                close();
                if (!was_kept) // a connection that was kept may have been closed long ago
                    throw;
            }
    }

    const HttpServer server;
    const std::chrono::seconds patience;
    asio::io_context io;
    std::optional<beast::tcp_stream> plain;
#ifdef PRUNEDAMR_HAVE_TLS
    std::optional<asio::ssl::context> context;
    std::optional<beast::ssl_stream<beast::tcp_stream>> secure;
#endif
};

HttpClient::HttpClient(const HttpServer& server, std::chrono::seconds patience)
    : impl_(std::make_unique<Impl>(server, patience))
{
}

HttpClient::~HttpClient() = default;

HttpClient::Answer HttpClient::post(const std::string& path, const std::string& authorization,
                                    const std::string& body, const std::string& type)
{
    http::request<http::string_body> request(http::verb::post, path, 11);
    request.set(http::field::content_type, type);
    request.body() = body;
    return impl_->send(request, authorization, kMaxAnswerBytes);
}

HttpClient::Answer HttpClient::get(const std::string& path, const std::string& authorization)
{
    http::request<http::string_body> request(http::verb::get, path, 11);
    return impl_->send(request, authorization, kMaxDocumentBytes);
}

} // namespace prunedamr::receiver
