// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/outputs/peer.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct mosquitto;

namespace prunedamr::receiver {

/// Files of a TLS connection; empty: the system's list of authorities, no certificate of our own.
struct TlsFiles {
    std::string ca, certificate, key;
};

/// Where a broker is, and who we are there.
struct BrokerConfig {
    std::string host = "localhost";
    int port = 1883;
    std::string user, password, client_id;
    bool use_tls = false;
    TlsFiles tls;
    int protocol = 4; ///< 4: MQTT 3.1.1; 5

    std::string name(const std::string& topic) const; ///< for messages: "mqtt://HOST:PORT/TOPIC"
};

/// A client of a broker that may be away: it connects, and connects again, as `PeerState` says. All its functions, and those
/// of `Events`, are called on the thread that calls `step`, but for `publish`, which any thread may call.
class MqttConnection
{
public:
    struct Events {
        std::function<void()> connected;             ///< by the library: may publish and subscribe
        std::function<void(bool)> changed;           ///< connected, or no longer; also for each failure to connect
        std::function<void(int message)> delivered;  ///< of the message with this number the broker has what it is to have
        std::function<void(const std::string& topic, std::string payload, bool is_retained)> received; ///< retained: said before we came
    };
    struct Will {
        std::string topic; ///< retained "offline"
        int qos = 0;
    };

    /// `name`, `meanwhile`: of the broker in notices, as of `PeerState`. Throws `InvalidArgument` for what no broker could take, `Error` in a build without MQTT.
    MqttConnection(const BrokerConfig& config, std::string name, const Will& will, NoticeHandler notice, Events events,
                   const char* meanwhile = kEventsMayBeLost);
    ~MqttConnection();

    /// Connects where that is due, and reads and answers for so long, or until something has come.
    void step(std::chrono::milliseconds wait);

    /// False when the library does not take it. `message`: its number.
    bool publish(const std::string& topic, std::string_view text, int qos, bool retain, int* message = nullptr);
    void subscribe(const std::string& topic, int qos);

    /// Leaves the broker for good: no will, no further connection.
    void disconnect();

    PeerState& state() noexcept { return state_; }
    const PeerState& state() const noexcept { return state_; }

private:
    struct FreeClient {
        void operator()(mosquitto* client) const noexcept;
    };
    /// The library counts these calls.
    struct Library {
        Library();
        ~Library();
    };

    void require(int code) const;
    void configure(const Will& will);
    void set_tls();
    bool open();
    void close(const std::string& why);
    void on_connect(int code);
    static MqttConnection& of(void* self) { return *static_cast<MqttConnection*>(self); }

    const Library library_;
    const BrokerConfig config_;
    const Events events_;
    PeerState state_;
    std::unique_ptr<mosquitto, FreeClient> client_;
    bool is_open_ = false;
    std::string refusal_;
    PeerState::Clock::time_point answer_until_{};
    std::atomic<bool> finishing_{ false };
};

} // namespace prunedamr::receiver
