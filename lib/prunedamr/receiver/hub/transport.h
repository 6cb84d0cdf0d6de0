// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/hub/messages.h"
#include "prunedamr/receiver/outputs/mqtt_connection.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::receiver::hub {

/// How messages travel between a receiver and its hubs. On one thread.
class Transport
{
public:
    virtual ~Transport() = default;

    using Received = std::function<void(Topic, const std::string& payload)>;

    /// Sends and receives for so long, or until something has come; connects where that is due.
    virtual void step(std::chrono::milliseconds wait, const Received& received) = 0;

    /// False: not now. What is sent may be lost all the same. `retained`: where a broker keeps it for those who come later.
    virtual bool send(Topic topic, const std::string& payload, bool retained = false) = 0;

    virtual bool is_connected() const = 0;
    virtual std::uint64_t connections() const = 0; ///< how often it was connected: what was sent before another one may be lost

    /// Says "offline" and leaves for good, within a second.
    virtual void leave() = 0;

    virtual const std::string& name() const = 0; ///< for messages
};

struct MqttLink {
    BrokerConfig broker;
    std::string prefix = "prunedamr";
};

struct ZmqLink {
    std::vector<std::string> endpoints;        ///< tcp://HOST:PORT or ipc://PATH, of a ROUTER each
    std::string server_key;                    ///< CURVE public key of the hubs, Z85; empty: no encryption
    std::string secret_key;                    ///< CURVE secret key of this receiver
};

/// Throw `InvalidArgument` for what can be no hub. `receiver`: its name. A peer that is away is no error.
std::unique_ptr<Transport> make_mqtt_transport(const MqttLink& link, const std::string& receiver, NoticeHandler notice);
std::unique_ptr<Transport> make_zmq_transport(const ZmqLink& link, const std::string& receiver, NoticeHandler notice);

} // namespace prunedamr::receiver::hub
