// SPDX-License-Identifier: GPL-3.0-or-later
// Of the server alone: its clients.
#pragma once

#include "prunedamr/receiver/web/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace prunedamr::receiver {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
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
    virtual bool is_waited_for() const = 0;   ///< its request is not yet whole
    virtual void answer(const WebAnswer&) {}  ///< to its last request
    virtual void offer(const WebMessage&) {}  ///< of the stream
};

/// A client of the stream, which gets messages as fast as it reads. It lives as long as one of its handlers does.
template <typename Stream, typename Server>
class StreamConnection : public Connection, public std::enable_shared_from_this<StreamConnection<Stream, Server>>
{
public:
    StreamConnection(Server& server, Stream&& stream) : server_(server), stream_(std::move(stream))
    {
        server_.add_stream(*this);
    }

    ~StreamConnection() override { server_.remove_stream(*this); }

    void start(HttpRequest request)
    {
        request_ = std::move(request);
        stream_.set_option(
            websocket::stream_base::timeout{ server_.config.patience, server_.config.silence, true });
        const bool agrees = server_.offers(request_, WebStream::kProtocol);
        stream_.set_option(websocket::stream_base::decorator([agrees](websocket::response_type& response) {
            if (agrees)
                response.set(http::field::sec_websocket_protocol, WebStream::kProtocol);
        }));
        stream_.read_message_max(1 << 10);
        stream_.auto_fragment(false);
        stream_.async_accept(request_, [self = this->shared_from_this()](error_code failure) {
            if (failure)
                return;
            self->is_open_ = true;
            self->welcome();
            self->listen();
        });
    }

    void close() override { beast::get_lowest_layer(stream_).close(); }
    bool is_waited_for() const override { return false; }

    void offer(const WebMessage& message) override
    {
        if (!is_open_)
            return;
        if (message.is_passing)
            passing_ = message;
        else if (waiting_.size() < kMostWaiting)
            waiting_.push_back(message);
        else
            return welcome();
        speak();
    }

private:
    static constexpr std::size_t kMostWaiting = 64;
    static constexpr int kMostUnderWay = 4; ///< passing messages, of a client that acknowledges them

    void welcome()
    {
        waiting_.clear();
        waiting_.push_back({ std::make_shared<const std::string>(server_.stream.welcome()) });
        speak();
    }

    void speak()
    {
        if (is_speaking_ || (waiting_.empty() && !passing_.bytes))
            return;
        if (waiting_.empty() && acknowledges_ && under_way_ >= kMostUnderWay)
            return;
        if (waiting_.empty()) {
            spoken_ = std::exchange(passing_, {});
            ++under_way_;
        } else {
            spoken_ = std::move(waiting_.front());
            waiting_.pop_front();
        }
        is_speaking_ = true;
        stream_.binary(spoken_.is_binary);
        stream_.async_write(boost::asio::buffer(*spoken_.bytes),
                            [self = this->shared_from_this()](error_code failure, std::size_t) {
                                self->is_speaking_ = false;
                                self->is_open_ = self->is_open_ && !failure;
                                if (self->is_open_)
                                    self->speak();
                            });
    }

    /// Pings are answered, and the end is seen, by reading. Whatever is said acknowledges a passing message.
    void listen()
    {
        stream_.async_read(buffer_, [self = this->shared_from_this()](error_code failure, std::size_t) {
            self->buffer_.clear();
            self->is_open_ = self->is_open_ && !failure;
            if (!self->is_open_)
                return;
            if (!std::exchange(self->acknowledges_, true)) // what was said before is acknowledged with it
                self->under_way_ = std::min(self->under_way_, 1);
            self->under_way_ -= self->under_way_ > 0 ? 1 : 0;
            self->speak();
            self->listen();
        });
    }

    Server& server_;
    websocket::stream<Stream> stream_;
    HttpRequest request_;
    beast::flat_buffer buffer_;
    std::deque<WebMessage> waiting_;
    WebMessage passing_, spoken_;
    int under_way_ = 0; ///< passing messages that are not acknowledged
    bool is_open_ = false, is_speaking_ = false, acknowledges_ = false;
};

/// Reads requests and answers them, one after the other, as long as the client wants. It lives as long as one of
/// its handlers does.
template <typename Stream, typename Server>
class HttpConnection : public Connection, public std::enable_shared_from_this<HttpConnection<Stream, Server>>
{
public:
    template <typename... Arguments>
    HttpConnection(Server& server, Arguments&&... arguments)
        : server_(server), stream_(std::forward<Arguments>(arguments)...), timer_(server.io),
          allowance_(server.config.max_burst), allowed_at_(Clock::now())
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

    void close() override
    {
        timer_.cancel();
        lowest().close();
    }

    bool is_waited_for() const override { return is_waited_for_; }

    void answer(const WebAnswer& answer) override
    {
        timer_.cancel();
        write(server_.respond(parser_->get(), answer));
    }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr double kPriceOfRefusal = 20.0; ///< in requests, of a token that is wrong

    beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

    void read()
    {
        is_waited_for_ = true;
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(server_.config.max_head_bytes));
        parser_->body_limit(server_.largest_body());
        lowest().expires_after(server_.config.patience);
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = this->shared_from_this()](error_code failure, std::size_t) {
                                    if (!failure)
                                        return self->read_body();
                                    self->is_waited_for_ = false;
                                    self->refuse(failure);
                                });
    }

    void read_body()
    {
        const auto limit = server_.body_limit(parser_->get());
        if (const auto* refusal = std::get_if<WebAnswer>(&limit)) { // before anything of it is read
            is_waited_for_ = false;
            allowance_ -= kPriceOfRefusal;
            return end_with(*refusal);
        }
        body_limit_ = std::get<std::size_t>(limit);
        if (const auto size = parser_->content_length(); size && *size > body_limit_) {
            is_waited_for_ = false;
            return refuse(http::error::body_limit);
        }
        parser_->body_limit(body_limit_);
        http::async_read(stream_, buffer_, *parser_,
                         [self = this->shared_from_this()](error_code failure, std::size_t) {
                             self->is_waited_for_ = false;
                             if (!failure)
                                 self->serve();
                             else
                                 self->refuse(failure);
                         });
    }

    void serve()
    {
        const HttpRequest& request = parser_->get();
        if (server_.opens_stream(request)) {
            lowest().expires_never();
            return std::make_shared<StreamConnection<Stream, Server>>(server_, std::move(stream_))
                ->start(parser_->release());
        }
        const std::uint64_t id = server_.next_id++;
        if (const auto found = server_.find_answer(request, id)) {
            allowance_ -= found->status == 401 ? kPriceOfRefusal : 1.0;
            return write(server_.respond(request, *found));
        }
        server_.pending[id] = this->shared_from_this();
        timer_.expires_after(server_.config.patience);
        timer_.async_wait([self = this->shared_from_this(), id](error_code failure) {
            if (failure || self->server_.pending.erase(id) == 0) // answered in the moment that it fired
                return;
            self->write(self->server_.respond(self->parser_->get(), json_error(504, "no answer in time")));
        });
    }

    void refuse(error_code failure)
    {
        unsigned status = 0;
        std::string text = "this is no HTTP/1.1";
        if (failure == http::error::body_limit) {
            status = 413;
            text = "the body is larger than " +
                   std::to_string(std::min(body_limit_, server_.config.max_body_bytes)) + " bytes";
        } else if (failure == http::error::header_limit || failure == http::error::buffer_overflow) {
            status = 431;
            text = "the head is larger than " + std::to_string(server_.config.max_head_bytes) + " bytes";
        } else if (failure.category() == http::make_error_code(http::error::bad_method).category() &&
                 failure != http::error::end_of_stream && failure != http::error::partial_message) {
            status = 400;
        }
        if (status == 0)
            return;
        end_with(json_error(status, text));
    }

    void end_with(const WebAnswer& answer)
    {
        HttpResponse response = Server::make(answer, 11);
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

    /// Goes behind those who have waited longer, and is read when its rate allows.
    void wait_for_more()
    {
        auto& all = server_.connections;
        const auto place = std::find(all.begin(), all.end(), this);
        if (place == all.end()) // closed meanwhile
            return;
        all.splice(all.end(), all, place);
        const auto now = Clock::now();
        const double since_s = std::chrono::duration<double>(now - std::exchange(allowed_at_, now)).count();
        allowance_ = std::min(allowance_ + since_s * server_.config.max_rate_hz, server_.config.max_burst);
        if (allowance_ >= 1.0)
            return read();
        is_waited_for_ = true;
        lowest().expires_never();
        timer_.expires_after(std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>((1.0 - allowance_) / server_.config.max_rate_hz)));
        timer_.async_wait([self = this->shared_from_this()](error_code failure) {
            if (!failure)
                self->read();
        });
    }

    Server& server_;
    Stream stream_;
    boost::asio::steady_timer timer_;
    double allowance_; ///< requests that it may make at `allowed_at_`
    Clock::time_point allowed_at_;
    beast::flat_buffer buffer_{ 32 << 10 };
    std::optional<http::request_parser<http::string_body>> parser_;
    HttpResponse response_;
    std::size_t body_limit_ = WebConfig().max_body_bytes;
    bool is_waited_for_ = true;
};

} // namespace prunedamr::receiver
