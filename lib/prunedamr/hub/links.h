// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/hub/ingest.h"
#include "prunedamr/receiver/outputs/mqtt_connection.h"
#include "prunedamr/stream/sinks.h"

#include <functional>
#include <memory>
#include <string>

namespace prunedamr::hub {

/// What comes from receivers: the link that it came by, the name as it travels, the topic's last part, the payload. On the
/// link's thread.
using Take = std::function<void(Link&, std::string_view name, std::string_view topic, const std::string& payload)>;

struct BrokerLink {
    receiver::BrokerConfig broker;
    std::string prefix = "prunedamr";
    std::string group = "hub"; ///< hubs of one group share what comes
    std::string hub;           ///< name of this one: PREFIX/hub/NAME/status says that it is online, and offline by its will
};

/// Through a broker, which is connected to again whenever it is lost. Throws `InvalidArgument`.
std::unique_ptr<Link> make_mqtt_link(const BrokerLink& config, Take take, receiver::NoticeHandler notice);

/// A bound ROUTER socket, for receivers that connect to it. `config`: endpoint and CURVE keys, as of the ZeroMQ output. Throws
/// `Error`.
std::unique_ptr<Link> make_zmq_link(const stream::ZmqConfig& config, Take take, receiver::NoticeHandler notice);

} // namespace prunedamr::hub
