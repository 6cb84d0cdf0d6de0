// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/links.h"

#include "prunedamr/base/text.h"
#include "prunedamr/receiver/hub/messages.h"
#include "prunedamr/stream/zmq_server.h"

#include <zmq.hpp>

#include <atomic>
#include <cerrno>
#include <deque>
#include <mutex>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace prunedamr::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxWaiting = 100'000; ///< messages to receivers; more are lost, as any may be
constexpr int kQueue = 1000;                 ///< of each receiver
constexpr auto kStep = 500ms;

class ZmqLink : public Link
{
public:
    ZmqLink(const SocketLink& config, Take take, receiver::NoticeHandler notice)
        : take_(std::move(take)), notice_(std::move(notice)), name_("zmq:" + config.socket.endpoint), names_(config.names), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
          server_(config.socket, zmq::socket_type::router, [](zmq::socket_t& socket) {
              socket.set(zmq::sockopt::router_handover, true); // who comes again under its name is the same receiver
              socket.set(zmq::sockopt::sndhwm, kQueue);
              socket.set(zmq::sockopt::rcvhwm, kQueue);
              socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(receiver::hub::kMaxMessageBytes));
              socket.set(zmq::sockopt::heartbeat_ivl, 5000);
              socket.set(zmq::sockopt::heartbeat_timeout, 15'000);
          })
    {
        thread_ = std::thread([this] { run(); });
    }

    ~ZmqLink() override
    {
        stopping_ = true;
        wake();
        thread_.join();
        ::close(wake_);
    }

    void send(const std::string& receiver, const std::string& topic, const std::string& payload) override
    {
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.size() >= kMaxWaiting)
                return;
            waiting_.push_back({ receiver::hub::encoded_name(receiver), topic, payload });
        }
        wake();
    }

    bool is_connected() const override { return true; }
    const std::string& name() const override { return name_; }

private:
    using Frames = std::vector<std::string>; ///< who, topic, payload

    void wake() const { (void)!::write(wake_, "\1\0\0\0\0\0\0\0", 8); }

    void run()
    {
        zmq::pollitem_t items[] = { { server_.socket().handle(), 0, ZMQ_POLLIN, 0 }, { nullptr, wake_, ZMQ_POLLIN, 0 } };
        while (!stopping_)
            try {
                zmq::poll(items, 2, kStep);
                std::uint64_t ignored = 0;
                (void)!::read(wake_, &ignored, sizeof ignored);
                for (int i = 0; i < kQueue && receive(); ++i) {
                }
                send_waiting();
            } catch (const zmq::error_t& error) {
                if (error.num() != EINTR && error.num() != EAGAIN && error.num() != EHOSTUNREACH)
                    return;
            }
    }

    bool receive()
    {
        Frames frames;
        zmq::message_t frame;
        std::string key; // of the client, as the socket has admitted it
        do {
            if (!server_.socket().recv(frame, zmq::recv_flags::dontwait))
                return false;
            if (frames.size() == 1 && !names_.empty()) // not with the name, which the library has made
                key = frame.gets("User-Id");
            if (frames.size() < 4)
                frames.push_back(frame.to_string());
        } while (frame.more());
        if (frames.size() == 3 && may_speak(key, frames[0]))
            take_(*this, frames[0], frames[1], frames[2], false);
        return true;
    }

    bool may_speak(const std::string& key, const std::string& name)
    {
        const auto known = names_.find(key);
        if (names_.empty() || (known != names_.end() && known->second == name))
            return true;
        if (!std::exchange(is_stranger_told_, true) && notice_ && known != names_.end())
            notice_(name_ + ": a receiver calls itself " + printable(name.substr(0, 60)) + " and has the key of " + known->second +
                    ": what it says is refused, and more may be");
        return false;
    }

    /// To one that is not there, or does not read, nothing is sent.
    void send_waiting()
    {
        std::deque<Frames> all;
        {
            const std::lock_guard lock(mutex_);
            all.swap(waiting_);
        }
        for (const Frames& frames : all)
            for (std::size_t i = 0; i < frames.size(); ++i) {
                const bool is_last = i + 1 == frames.size();
                if (!server_.socket().send(zmq::buffer(frames[i]),
                                           (is_last ? zmq::send_flags::none : zmq::send_flags::sndmore) | zmq::send_flags::dontwait))
                    break;
            }
    }

    const Take take_;
    const receiver::NoticeHandler notice_;
    const std::string name_;
    const std::map<std::string, std::string> names_;
    bool is_stranger_told_ = false;
    const int wake_;
    std::mutex mutex_;
    std::deque<Frames> waiting_;
    std::atomic<bool> stopping_{ false };
    stream::ZmqServer server_;
    std::thread thread_;
};

} // namespace

std::unique_ptr<Link> make_zmq_link(const SocketLink& config, Take take, receiver::NoticeHandler notice)
{
    return std::make_unique<ZmqLink>(config, std::move(take), std::move(notice));
}

} // namespace prunedamr::hub
