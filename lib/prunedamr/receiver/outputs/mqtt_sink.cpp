// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/sinks.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/version.h"
#include "prunedamr/receiver/outputs/peer.h"

#include <mosquitto.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace prunedamr::receiver {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int kKeepAliveS = 30, kLoopMs = 100;
constexpr auto kAnswer = 5s; ///< for the broker to accept a connection,
constexpr auto kFirst = 3s;  ///< that the first events wait for it,
constexpr auto kStall = 1s;  ///< and for room among the messages on their way
constexpr std::uint64_t kMaxUnderWay = 256;

struct FreeClient {
    void operator()(mosquitto* client) const noexcept { mosquitto_destroy(client); }
};

/// The library counts these calls.
struct Library {
    Library() { mosquitto_lib_init(); }
    ~Library() { mosquitto_lib_cleanup(); }
};

void require(int code, const std::string& name)
{
    if (code != MOSQ_ERR_SUCCESS)
        throw InvalidArgument({ "bad MQTT output", name, mosquitto_strerror(code), "" });
}

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
          state_(std::string(config.use_tls ? "mqtts://" : "mqtt://") + config.host + ":" +
                     std::to_string(config.port) + "/" + config.topic,
                 std::move(notice)),
          client_(mosquitto_new(config.client_id.empty() ? nullptr : config.client_id.c_str(), true, this))
    {
        if (!client_)
            throw InvalidArgument({ "bad MQTT client id", state_.name(), config.client_id, "UTF-8" });
        configure();
        thread_ = std::thread([this] { run(); });
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
        if (publish(config_.topic, json_line, config_.retain) == MOSQ_ERR_SUCCESS)
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
        finishing_.store(true);
        mosquitto_disconnect(client_.get());
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

    std::uint64_t reconnects() const noexcept override { return state_.reconnects(); }

private:
    void configure()
    {
        mosquitto* client = client_.get();
        mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
        require(mosquitto_pub_topic_check(config_.topic.c_str()), state_.name());
        require(mosquitto_threaded_set(client, true), state_.name());
        require(mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, config_.protocol), state_.name());
        require(mosquitto_will_set(client, status_topic_.c_str(), 7, "offline", config_.qos, true), state_.name());
        if (!config_.user.empty())
            require(mosquitto_username_pw_set(client, config_.user.c_str(),
                                              config_.password.empty() ? nullptr : config_.password.c_str()),
                    state_.name());
        if (config_.use_tls)
            set_tls();
        mosquitto_connect_callback_set(client, [](mosquitto*, void* self, int code) { of(self).on_connect(code); });
        mosquitto_disconnect_callback_set(client, [](mosquitto*, void* self, int) { of(self).on_disconnect(); });
        mosquitto_publish_callback_set(client,
                                       [](mosquitto*, void* self, int message) { of(self).on_publish(message); });
    }

    void set_tls()
    {
        const auto or_null = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
        const TlsFiles& tls = config_.tls;
        if (mosquitto_tls_set(client_.get(), or_null(tls.ca), tls.ca.empty() ? "/etc/ssl/certs" : nullptr,
                              or_null(tls.certificate), or_null(tls.key), nullptr) != MOSQ_ERR_SUCCESS)
            throw InvalidArgument({ "cannot use these certificates", state_.name(),
                                    tls.ca + " " + tls.certificate + " " + tls.key,
                                    "files of PEM; a certificate with its key" });
        require(mosquitto_tls_opts_set(client_.get(), 1, "tlsv1.2", nullptr), state_.name());
    }

    static MqttSink& of(void* self) { return *static_cast<MqttSink*>(self); }

    int publish(const std::string& topic, const std::string& text, bool retain, int* message = nullptr)
    {
        return mosquitto_publish(client_.get(), message, topic.c_str(), static_cast<int>(text.size()), text.data(),
                                 config_.qos, retain);
    }

    /// What is no event, retained; from a callback of the library, so that no other comes in between.
    void publish_own(const std::string& topic, const std::string& text)
    {
        int message = 0;
        if (publish(topic, text, true, &message) == MOSQ_ERR_SUCCESS) {
            const std::lock_guard lock(mutex_);
            own_.insert(message);
        }
    }

    /// Connects, answers and connects again, until it is stopped.
    void run()
    {
        sigset_t pipe; // a broker that leaves is no reason to end
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        while (!stopping_.load()) {
            if (!is_open_ && !open())
                continue;
            const int code = mosquitto_loop(client_.get(), kLoopMs, 1);
            const bool is_silent = !state_.is_there() && Clock::now() >= answer_until_;
            if (code != MOSQ_ERR_SUCCESS || is_silent)
                close(is_silent ? "no answer" : !refusal_.empty() ? refusal_ : mosquitto_strerror(code));
        }
    }

    bool open()
    {
        if (finishing_.load() || !state_.is_due()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(kLoopMs / 2));
            return false;
        }
        refusal_.clear();
        answer_until_ = Clock::now() + kAnswer;
        const int code = mosquitto_connect_async(client_.get(), config_.host.c_str(), config_.port, kKeepAliveS);
        is_open_ = code == MOSQ_ERR_SUCCESS;
        if (!is_open_)
            close(mosquitto_strerror(code));
        return is_open_;
    }

    void close(const std::string& why)
    {
        is_open_ = false;
        if (!finishing_.load())
            state_.failed(why);
        set_connected(false);
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
    }

    void on_connect(int code)
    {
        if (code != 0) {
            refusal_ = std::string("the broker refuses the connection: ") +
                       (config_.protocol == 5 ? mosquitto_reason_string(code) : mosquitto_connack_string(code));
            return;
        }
        publish_own(status_topic_, "online");
        if (!config_.discovery.empty())
            announce();
        set_connected(true);
        state_.lose(lost() - state_.lost());
        state_.succeeded();
    }

    void on_disconnect() { set_connected(false); }

    void on_publish(int message)
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

    const Library library_;
    const MqttConfig config_;
    const std::string status_topic_;
    PeerState state_; ///< its notices: on the thread of the loop
    std::unique_ptr<mosquitto, FreeClient> client_;

    bool is_open_ = false; ///< these are the loop's
    std::string refusal_;
    Clock::time_point answer_until_{};

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool is_connected_ = false;
    bool is_settled_ = false; ///< connected, or failed to, once
    bool is_stalled_ = false; ///< the broker takes nothing: not waited for until it does
    std::set<int> own_;       ///< numbers of messages under way that are no events
    std::uint64_t offered_ = 0, confirmed_ = 0, under_way_ = 0;

    std::atomic<bool> abandoned_{ false }, finishing_{ false }, stopping_{ false };
    std::thread thread_;
};

} // namespace

std::unique_ptr<stream::Sink> make_mqtt_sink(const MqttConfig& config, NoticeHandler notice)
{
    return std::make_unique<MqttSink>(config, std::move(notice));
}

} // namespace prunedamr::receiver
