// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/sinks.h"

#include "prunedamr/base/version.h"
#include "prunedamr/receiver/outputs/mqtt_connection.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace prunedamr::receiver {
namespace {

using namespace std::chrono_literals;

constexpr auto kLoop = 100ms;
constexpr auto kFirst = 3s; ///< that the first events wait for the broker,
constexpr auto kStall = 1s; ///< and for room among the messages on their way
constexpr std::uint64_t kMaxUnderWay = 256;

/// Letters, digits and _ only, as Home Assistant wants its identifiers.
std::string identifier(const std::string& text)
{
    std::string result = text;
    for (char& c : result)
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            c = '_';
    return result;
}

class MqttSink : public stream::LineSink
{
public:
    MqttSink(const MqttConfig& config, NoticeHandler notice)
        : config_(config), status_topic_(config.topic + "/status"),
          connection_(config, config.name(config.topic), { status_topic_, config.qos }, std::move(notice),
                      { [this] { on_connect(); }, [this](bool connected) { set_connected(connected); },
                        [this](int message) { on_delivered(message); }, {} })
    {
        thread_ = std::thread([this] {
            while (!stopping_.load())
                connection_.step(kLoop);
        });
    }

    ~MqttSink() override
    {
        stopping_.store(true);
        thread_.join();
    }

    void write_line(const std::string& json_line) override
    {
        std::unique_lock lock(mutex_);
        ++offered_;
        const auto is_over = [this] { return abandoned_.load(); };
        if (!is_settled_)
            changed_.wait_for(lock, kFirst, [&] { return is_settled_ || is_over(); });
        is_settled_ = true;
        if (is_connected_ && under_way_ >= kMaxUnderWay && !is_stalled_)
            is_stalled_ = !changed_.wait_for(
                lock, kStall, [&] { return !is_connected_ || under_way_ < kMaxUnderWay || is_over(); });
        if (!is_connected_ || under_way_ >= kMaxUnderWay)
            return;
        ++under_way_;
        lock.unlock(); // a callback of the library may hold its locks and want ours
        if (publish(config_.topic, json_line, config_.retain))
            return;
        lock.lock();
        under_way_ -= under_way_ > 0 ? 1 : 0;
    }

    /// The will is for those who end without a word.
    void finish() override
    {
        std::unique_lock lock(mutex_);
        const auto is_done = [this] { return !is_connected_ || under_way_ == 0 || abandoned_.load(); };
        changed_.wait_for(lock, 2 * kStall, is_done);
        if (!is_connected_)
            return;
        ++offered_;
        ++under_way_;
        lock.unlock();
        publish(status_topic_, "offline", true);
        lock.lock();
        changed_.wait_for(lock, kStall, is_done);
        lock.unlock();
        connection_.disconnect();
        lock.lock();
        changed_.wait_for(lock, kStall, [this] { return !is_connected_; });
    }

    void abandon() noexcept override
    {
        abandoned_.store(true);
        changed_.notify_all();
    }

    std::uint64_t lost() const noexcept override
    {
        const std::lock_guard lock(mutex_);
        return offered_ - std::min(offered_, confirmed_ + under_way_);
    }

    std::uint64_t reconnects() const noexcept override { return connection_.state().reconnects(); }

private:
    bool publish(const std::string& topic, const std::string& text, bool retain, int* message = nullptr)
    {
        return connection_.publish(topic, text, config_.qos, retain, message);
    }

    /// What is no event, retained; from a callback of the library, so that no other comes in between.
    void publish_own(const std::string& topic, const std::string& text)
    {
        int message = 0;
        if (publish(topic, text, true, &message)) {
            const std::lock_guard lock(mutex_);
            own_.insert(message);
        }
    }

    void set_connected(bool connected)
    {
        {
            const std::lock_guard lock(mutex_);
            is_connected_ = connected;
            is_settled_ = true;
            is_stalled_ = false;
            if (!connected && config_.qos == 0) { // else the library sends them again
                under_way_ = 0;
                own_.clear();
            }
        }
        changed_.notify_all();
        if (connected)
            connection_.state().lose(lost() - connection_.state().lost());
    }

    void on_connect()
    {
        publish_own(status_topic_, "online");
        if (!config_.discovery.empty())
            announce();
    }

    void on_delivered(int message)
    {
        {
            const std::lock_guard lock(mutex_);
            if (own_.erase(message) > 0 || under_way_ == 0)
                return;
            --under_way_;
            ++confirmed_;
            is_stalled_ = false;
        }
        changed_.notify_all();
    }

    /// https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
    void announce()
    {
        struct Entity {
            const char *field, *name, *unit;
        };
        const std::string device = "prunedamr_" + identifier(config_.topic);
        for (const Entity& entity :
             { Entity{ "label", "Label", nullptr }, Entity{ "center_freq_hz", "Frequency", "Hz" },
               Entity{ "bandwidth_hz", "Bandwidth", "Hz" }, Entity{ "snr_db", "SNR", "dB" } }) {
            nlohmann::json json = {
                { "name", entity.name },
                { "unique_id", device + "_" + entity.field },
                { "object_id", device + "_" + entity.field },
                { "state_topic", config_.topic },
                { "value_template", std::string("{{ value_json.") + entity.field + " }}" },
                { "availability_topic", status_topic_ },
                { "device",
                  { { "identifiers", { device } },
                    { "name", "prunedamr " + config_.source },
                    { "sw_version", kVersion } } },
            };
            if (entity.unit)
                json["unit_of_measurement"] = entity.unit;
            else
                json["json_attributes_topic"] = config_.topic;
            publish_own(config_.discovery + "/sensor/" + device + "/" + entity.field + "/config",
                        json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        }
    }

    const MqttConfig config_;
    const std::string status_topic_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool is_connected_ = false;
    bool is_settled_ = false; ///< connected, or failed to, once
    bool is_stalled_ = false; ///< the broker takes nothing: not waited for until it does
    std::set<int> own_;       ///< numbers of messages under way that are no events
    std::uint64_t offered_ = 0, confirmed_ = 0, under_way_ = 0;

    std::atomic<bool> abandoned_{ false }, stopping_{ false };
    MqttConnection connection_; ///< its events: on the thread
    std::thread thread_;
};

} // namespace

std::unique_ptr<stream::Sink> make_mqtt_sink(const MqttConfig& config, NoticeHandler notice)
{
    return std::make_unique<MqttSink>(config, std::move(notice));
}

} // namespace prunedamr::receiver
