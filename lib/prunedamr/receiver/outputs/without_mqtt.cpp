// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/hub/transport.h"
#include "prunedamr/receiver/outputs/sinks.h"

namespace prunedamr::receiver {
namespace {

[[noreturn]] void refuse(const BrokerConfig& broker)
{
    throw Error{ { "this build has no MQTT", "mqtt://" + broker.host, "", "a build with PRUNEDAMR_MQTT=ON" } };
}

} // namespace

std::unique_ptr<stream::Sink> make_mqtt_sink(const MqttConfig& config, NoticeHandler)
{
    refuse(config);
}

std::unique_ptr<hub::Transport> hub::make_mqtt_transport(const MqttLink& link, const std::string&, NoticeHandler)
{
    refuse(link.broker);
}

} // namespace prunedamr::receiver
