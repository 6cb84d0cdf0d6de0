// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/links.h"

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

namespace prunedamr::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxWaiting = 100'000; ///< messages to receivers; more are lost, as any may be
constexpr int kQueue = 1000;                 ///< of each receiver
constexpr auto kStep = 500ms;

class ZmqLink : public Link
{
public:
    ZmqLink(const stream::ZmqConfig& config, Take take)
        : take_(std::move(take)), name_("zmq:" + config.endpoint), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
          server_(config, zmq::socket_type::router, [](zmq::socket_t& socket) {
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
        do {
            if (!server_.socket().recv(frame, zmq::recv_flags::dontwait))
                return false;
            if (frames.size() < 4)
                frames.push_back(frame.to_string());
        } while (frame.more());
        if (frames.size() == 3)
            take_(*this, frames[0], frames[1], frames[2]);
        return true;
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
    const std::string name_;
    const int wake_;
    std::mutex mutex_;
    std::deque<Frames> waiting_;
    std::atomic<bool> stopping_{ false };
    stream::ZmqServer server_;
    std::thread thread_;
};

} // namespace

std::unique_ptr<Link> make_zmq_link(const stream::ZmqConfig& config, Take take, receiver::NoticeHandler)
{
    return std::make_unique<ZmqLink>(config, std::move(take));
}

} // namespace prunedamr::hub
