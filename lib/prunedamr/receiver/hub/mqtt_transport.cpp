// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/hub/transport.h"

#include <algorithm>
#include <utility>

namespace prunedamr::receiver::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxUnderWay = 64; ///< messages that the broker has not taken yet
constexpr auto kGoodbye = 1s;

class MqttTransport final : public Transport
{
public:
    MqttTransport(const MqttLink& link, const std::string& receiver, NoticeHandler notice)
        : root_(link.prefix + "/" + encoded_name(receiver) + "/"),
          connection_(link.broker, link.broker.name(link.prefix), { root_ + to_string(Topic::status), 1 }, std::move(notice),
                      { [this] { on_connect(); }, [this](bool connected) { on_change(connected); },
                        [this](int) { under_way_ -= std::min<std::size_t>(under_way_, 1); },
                        [this](const std::string& topic, std::string payload, bool) { on_message(topic, payload); } },
                      kEventsWait)
    {
    }

    void step(std::chrono::milliseconds wait, const Received& received) override
    {
        received_ = &received;
        connection_.step(wait);
        received_ = nullptr;
    }

    bool send(Topic topic, const std::string& payload, bool retained) override
    {
        return is_connected_ && under_way_ < kMaxUnderWay && publish(topic, payload, retained);
    }

    bool is_connected() const override { return is_connected_; }
    std::uint64_t connections() const override { return connections_; }

    void leave() override
    {
        if (is_connected_)
            publish(Topic::status, "offline", true);
        for (const auto end = PeerState::Clock::now() + kGoodbye; is_connected_ && under_way_ > 0 && PeerState::Clock::now() < end;)
            connection_.step(10ms);
        connection_.disconnect();
        for (int i = 0; i < 10 && is_connected_; ++i)
            connection_.step(10ms);
    }

    const std::string& name() const override { return connection_.state().name(); }

private:
    bool publish(Topic topic, const std::string& payload, bool retained)
    {
        const bool is_taken = connection_.publish(root_ + to_string(topic), payload, 1, retained);
        under_way_ += is_taken ? 1 : 0;
        return is_taken;
    }

    void on_connect()
    {
        connection_.subscribe(root_ + to_string(Topic::stored), 0);
        connection_.subscribe(root_ + to_string(Topic::update), 1);
        connection_.subscribe(root_ + to_string(Topic::go_back), 1);
        ++connections_;
        under_way_ = 0; // what the library sends again is not counted
    }

    void on_change(bool connected)
    {
        is_connected_ = connected;
        if (connected)
            publish(Topic::status, "online", true);
    }

    void on_message(const std::string& topic, const std::string& payload)
    {
        const bool is_ours = topic.rfind(root_, 0) == 0;
        if (const auto known = is_ours ? topic_of(std::string_view(topic).substr(root_.size())) : std::nullopt; known && received_)
            (*received_)(*known, payload);
    }

    const std::string root_; ///< of our topics
    const Received* received_ = nullptr;
    bool is_connected_ = false;
    std::uint64_t connections_ = 0;
    std::size_t under_way_ = 0;
    MqttConnection connection_;
};

} // namespace

std::unique_ptr<Transport> make_mqtt_transport(const MqttLink& link, const std::string& receiver, NoticeHandler notice)
{
    return std::make_unique<MqttTransport>(link, receiver, std::move(notice));
}

} // namespace prunedamr::receiver::hub
