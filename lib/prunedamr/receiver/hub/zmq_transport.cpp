// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/hub/transport.h"

#include "prunedamr/base/error.h"
#include "prunedamr/model/model_update.h"
#include "prunedamr/receiver/socket.h"
#include "prunedamr/stream/curve.h"

#include <zmq.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace prunedamr::receiver::hub {
namespace {

using namespace std::chrono_literals;

constexpr int kQueue = 256;           ///< messages under way to a hub
constexpr auto kLinger = 500ms;       ///< for what is under way at the end
constexpr auto kFirst = 3s;           ///< for the first connection, before it is said that there is none
constexpr auto kHeartbeat = 5s, kSilence = 15s;
constexpr auto kFirstPause = 500ms, kLongestPause = 10'000ms; ///< between attempts to connect

bool is_near(const std::string& endpoint)
{
    for (const char* prefix : { "tcp://127.", "tcp://localhost:", "tcp://[::1]:", "ipc://" })
        if (endpoint.rfind(prefix, 0) == 0)
            return true;
    return false;
}

void check(const ZmqLink& link)
{
    if (link.endpoints.empty())
        throw InvalidArgument({ "no address of a hub", "", "", "zmq:tcp://HOST:PORT" });
    if (link.server_key.empty() != link.secret_key.empty())
        throw InvalidArgument({ "half of the keys of a hub", link.endpoints.front(), link.secret_key.empty() ? "no key" : "no server-key", "key and server-key" });
    for (const std::string& endpoint : link.endpoints) {
        if (endpoint.rfind("tcp://", 0) == 0)
            parse_host_port(endpoint.substr(6), "an address of a hub like tcp://HOST:PORT,");
        else if (endpoint.rfind("ipc://", 0) != 0)
            throw InvalidArgument({ "bad address of a hub", "", endpoint, "tcp://HOST:PORT or ipc://PATH" });
        if (!is_near(endpoint) && link.server_key.empty())
            throw InvalidArgument({ "labels would be readable by the network", endpoint, "no CURVE keys", "a loopback address, or key and server-key" });
    }
}

class ZmqTransport final : public Transport
{
public:
    ZmqTransport(const ZmqLink& link, const std::string& receiver, NoticeHandler notice)
        : state_(name_of(link), std::move(notice), kEventsWait), socket_(context_, zmq::socket_type::dealer)
    {
        socket_.set(zmq::sockopt::routing_id, encoded_name(receiver));
        socket_.set(zmq::sockopt::immediate, true); // nothing is queued for a hub that is not there
        socket_.set(zmq::sockopt::sndhwm, kQueue);
        socket_.set(zmq::sockopt::rcvhwm, kQueue);
        socket_.set(zmq::sockopt::linger, static_cast<int>(kLinger / 1ms));
        socket_.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(model::kMaxUpdateBytes));
        socket_.set(zmq::sockopt::heartbeat_ivl, static_cast<int>(kHeartbeat / 1ms));
        socket_.set(zmq::sockopt::heartbeat_timeout, static_cast<int>(kSilence / 1ms));
        socket_.set(zmq::sockopt::reconnect_ivl, static_cast<int>(kFirstPause / 1ms));
        socket_.set(zmq::sockopt::reconnect_ivl_max, static_cast<int>(kLongestPause / 1ms));
        if (!link.server_key.empty()) {
            std::array<char, 41> public_key{};
            if (!stream::decode_curve_key(link.server_key) || zmq_curve_public(public_key.data(), link.secret_key.c_str()) != 0)
                throw InvalidArgument({ "bad CURVE keys", state_.name(), "", "40 characters of Z85" });
            socket_.set(zmq::sockopt::curve_serverkey, link.server_key);
            socket_.set(zmq::sockopt::curve_publickey, std::string(public_key.data(), 40));
            socket_.set(zmq::sockopt::curve_secretkey, link.secret_key);
        }
        for (const std::string& endpoint : link.endpoints) {
            socket_.set(zmq::sockopt::ipv6, endpoint.find('[') != std::string::npos);
            connect(endpoint);
        }
    }

    void step(std::chrono::milliseconds wait, const Received& received) override
    {
        zmq::pollitem_t item{ socket_.handle(), 0, ZMQ_POLLIN, 0 };
        try {
            zmq::poll(&item, 1, wait);
        } catch (const zmq::error_t& error) {
            if (error.num() != EINTR)
                throw;
        }
        for (int i = 0; i < kQueue && receive(received); ++i) {
        }
        look();
    }

    bool send(Topic topic, const std::string& payload, bool) override
    {
        if (!is_writable())
            return false;
        const bool is_sent = send_frame(to_string(topic), zmq::send_flags::sndmore) && send_frame(payload, zmq::send_flags::none);
        look();
        return is_sent;
    }

    bool is_connected() const override { return state_.is_there(); }
    std::uint64_t connections() const override { return connections_; }

    void leave() override { send(Topic::status, "offline", true); }

    const std::string& name() const override { return state_.name(); }

private:
    static std::string name_of(const ZmqLink& link)
    {
        check(link);
        std::string name = "zmq:";
        for (const std::string& endpoint : link.endpoints)
            name += (name.size() > 4 ? "," : "") + endpoint;
        return name;
    }

    void connect(const std::string& endpoint)
    {
        try {
            socket_.connect(endpoint);
        } catch (const zmq::error_t& error) {
            throw InvalidArgument({ "bad address of a hub", endpoint, error.what(), "tcp://HOST:PORT or ipc://PATH" });
        }
    }

    bool is_writable() { return (socket_.get(zmq::sockopt::events) & ZMQ_POLLOUT) != 0; }

    /// A hub is there when a message could be sent to it.
    void look()
    {
        const bool is_there = is_writable();
        if (is_there && !state_.is_there()) {
            state_.succeeded();
            ++connections_;
            send(Topic::status, "online", true);
        } else if (!is_there && (state_.is_there() || (PeerState::Clock::now() - start_ > kFirst && !std::exchange(was_told_, true)))) {
            state_.failed("no hub takes what is sent");
        }
    }

    bool send_frame(std::string_view frame, zmq::send_flags flags)
    {
        while (true)
            try {
                return socket_.send(zmq::buffer(frame), flags | zmq::send_flags::dontwait).has_value();
            } catch (const zmq::error_t& error) {
                if (error.num() != EINTR)
                    throw;
            }
    }

    bool receive(const Received& received)
    {
        std::vector<std::string> frames;
        while (true) {
            zmq::message_t frame;
            const auto got = socket_.recv(frame, zmq::recv_flags::dontwait);
            if (!got)
                return false;
            if (frames.size() < 3)
                frames.push_back(frame.to_string());
            if (!frame.more())
                break;
        }
        if (const auto topic = topic_of(frames.front()); topic && frames.size() == 2)
            received(*topic, frames.back());
        return true;
    }

    PeerState state_;
    zmq::context_t context_;
    zmq::socket_t socket_;
    std::uint64_t connections_ = 0;
    const PeerState::Clock::time_point start_ = PeerState::Clock::now();
    bool was_told_ = false;
};

} // namespace

std::unique_ptr<Transport> make_zmq_transport(const ZmqLink& link, const std::string& receiver, NoticeHandler notice)
{
    return std::make_unique<ZmqTransport>(link, receiver, std::move(notice));
}

} // namespace prunedamr::receiver::hub
