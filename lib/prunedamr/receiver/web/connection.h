// SPDX-License-Identifier: GPL-3.0-or-later
// Of the server alone.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace prunedamr::receiver {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;
using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

/// A client, in the order in which they came to wait: the first has been waited for longest.
class Connection
{
public:
    virtual ~Connection() = default;
    virtual void close() = 0;
    virtual bool is_waited_for() const = 0; ///< its request is not yet whole
};

/// Reads requests and answers them, one after the other, as long as the client wants. It lives as long as one of
/// its handlers does.
template <typename Stream, typename Server>
class HttpConnection : public Connection, public std::enable_shared_from_this<HttpConnection<Stream, Server>>
{
public:
    template <typename... Arguments>
    HttpConnection(Server& server, Arguments&&... arguments)
        : server_(server), stream_(std::forward<Arguments>(arguments)...)
    {
        server_.connections.push_back(this);
    }

    ~HttpConnection() override { server_.connections.remove(this); }

    void start()
    {
        lowest().expires_after(server_.config.patience);
        if constexpr (std::is_same_v<Stream, beast::tcp_stream>)
            read();
        else
            stream_.async_handshake(Stream::server, [self = this->shared_from_this()](error_code failure) {
                if (!failure)
                    self->read();
            });
    }

    void close() override { lowest().close(); }
    bool is_waited_for() const override { return is_waited_for_; }

private:
    beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

    void read()
    {
        is_waited_for_ = true;
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(server_.config.max_head_bytes));
        parser_->body_limit(server_.config.max_body_bytes);
        lowest().expires_after(server_.config.patience);
        http::async_read(stream_, buffer_, *parser_,
                         [self = this->shared_from_this()](error_code failure, std::size_t) {
                             self->is_waited_for_ = false;
                             if (!failure)
                                 self->write(self->server_.answer(self->parser_->get()));
                             else
                                 self->refuse(failure);
                         });
    }

    void refuse(error_code failure)
    {
        unsigned status = 0;
        if (failure == http::error::body_limit)
            status = 413;
        else if (failure == http::error::header_limit || failure == http::error::buffer_overflow)
            status = 431;
        else if (failure.category() == http::make_error_code(http::error::bad_method).category() &&
                 failure != http::error::end_of_stream && failure != http::error::partial_message)
            status = 400;
        if (status == 0)
            return;
        HttpResponse response = Server::make({ status, "text/plain", "this request is not understood\n" }, 11);
        response.keep_alive(false);
        write(std::move(response));
    }

    void write(HttpResponse response)
    {
        response_ = std::move(response);
        lowest().expires_after(server_.config.patience);
        http::async_write(stream_, response_, [self = this->shared_from_this()](error_code failure, std::size_t) {
            if (failure)
                return;
            if (self->response_.keep_alive())
                return self->wait_for_more();
            error_code ignored;
            self->lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
            self->is_waited_for_ = true;
            self->lowest().expires_after(std::chrono::seconds(1));
            self->drain();
        });
    }

    /// What is still being sent is read, for a while: else the answer might be lost with it.
    void drain()
    {
        buffer_.clear();
        lowest().async_read_some(buffer_.prepare(16 << 10),
                                 [self = this->shared_from_this()](error_code failure, std::size_t) {
                                     if (!failure)
                                         self->drain();
                                 });
    }

    /// Goes behind those who have waited longer.
    void wait_for_more()
    {
        auto& all = server_.connections;
        const auto place = std::find(all.begin(), all.end(), this);
        if (place == all.end()) // closed meanwhile
            return;
        all.splice(all.end(), all, place);
        read();
    }

    Server& server_;
    Stream stream_;
    beast::flat_buffer buffer_{ 32 << 10 };
    std::optional<http::request_parser<http::string_body>> parser_;
    HttpResponse response_;
    bool is_waited_for_ = true;
};

} // namespace prunedamr::receiver
