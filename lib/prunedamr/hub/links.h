// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/hub/ingest.h"
#include "prunedamr/receiver/outputs/mqtt_connection.h"
#include "prunedamr/stream/sinks.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace prunedamr::hub {

/// What comes from receivers: the link that it came by, the name as it travels, the topic's last part, the payload; retained: a broker has
/// kept it from whenever it was said. On the link's thread.
using Take = std::function<void(Link&, std::string_view name, std::string_view topic, const std::string& payload, bool is_retained)>;

struct BrokerLink {
    receiver::BrokerConfig broker;
    std::string prefix = "prunedamr";
    std::string group = "hub"; ///< hubs of one group share what comes
    std::string hub;           ///< name of this one: PREFIX/hub/NAME/status says that it is online, and offline by its will
};

/// Through a broker, which is connected to again whenever it is lost. Throws `InvalidArgument`.
std::unique_ptr<Link> make_mqtt_link(const BrokerLink& config, Take take, receiver::NoticeHandler notice);

struct SocketLink {
    stream::ZmqConfig socket; ///< endpoint and CURVE keys, as of the ZeroMQ output
    std::map<std::string, std::string> names; ///< by a client's key the one name, as it travels, that it may speak for; empty: any
};

/// A bound ROUTER socket, for receivers that connect to it. Throws `Error`.
std::unique_ptr<Link> make_zmq_link(const SocketLink& config, Take take, receiver::NoticeHandler notice);

} // namespace prunedamr::hub
