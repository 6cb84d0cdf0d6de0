// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/links.h"

#include "prunedamr/receiver/hub/messages.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace prunedamr::hub {
namespace {

using namespace std::chrono_literals;

constexpr auto kStep = 100ms;
constexpr int kQos = 1;

class MqttLink : public Link
{
public:
    MqttLink(const BrokerLink& config, Take take, receiver::NoticeHandler notice)
        : config_(config), take_(std::move(take)), name_(config.broker.name(config.prefix)),
          status_topic_(config.prefix + "/hub/" + receiver::hub::encoded_name(config.hub) + "/status"),
          connection_(config.broker, name_, { status_topic_, kQos }, std::move(notice),
                      { [this] { on_connect(); }, [this](bool connected) { is_connected_ = connected; }, [](int) {},
                        [this](const std::string& topic, const std::string& payload, bool is_retained) { on_message(topic, payload, is_retained); } },
                      "receivers keep their labels meanwhile")
    {
        thread_ = std::thread([this] {
            while (!stopping_)
                connection_.step(kStep);
        });
    }

    ~MqttLink() override
    {
        connection_.publish(status_topic_, "offline", kQos, true);
        connection_.disconnect();
        stopping_ = true;
        thread_.join();
    }

    void send(const std::string& receiver, const std::string& topic, const std::string& payload) override
    {
        connection_.publish(config_.prefix + "/" + receiver::hub::encoded_name(receiver) + "/" + topic, payload,
                            topic == "stored" ? 0 : kQos, false);
    }

    bool is_connected() const override { return is_connected_; }
    const std::string& name() const override { return name_; }

private:
    /// A broker keeps `receiver` and `status` for those who come later, but gives what it keeps to no shared subscription.
    void on_connect()
    {
        connection_.publish(status_topic_, "online", kQos, true);
        for (const char* topic : { "receiver", "status" })
            connection_.subscribe(config_.prefix + "/+/" + topic, kQos);
        for (const char* topic : { "labels", "health", "answer", "snippet" })
            connection_.subscribe("$share/" + config_.group + "/" + config_.prefix + "/+/" + topic, kQos);
    }

    void on_message(std::string_view topic, const std::string& payload, bool is_retained)
    {
        topic.remove_prefix(std::min(topic.size(), config_.prefix.size() + 1));
        const auto slash = topic.find('/');
        if (slash != std::string_view::npos)
            take_(*this, topic.substr(0, slash), topic.substr(slash + 1), payload, is_retained);
    }

    const BrokerLink config_;
    const Take take_;
    const std::string name_, status_topic_;
    std::atomic<bool> is_connected_{ false }, stopping_{ false };
    receiver::MqttConnection connection_; ///< its events: on the thread
    std::thread thread_;
};

} // namespace

std::unique_ptr<Link> make_mqtt_link(const BrokerLink& config, Take take, receiver::NoticeHandler notice)
{
    return std::make_unique<MqttLink>(config, std::move(take), std::move(notice));
}

} // namespace prunedamr::hub
