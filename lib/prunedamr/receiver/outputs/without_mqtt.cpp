// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/sinks.h"

#include "prunedamr/base/error.h"

namespace prunedamr::receiver {

std::unique_ptr<stream::Sink> make_mqtt_sink(const MqttConfig& config, NoticeHandler)
{
    throw Error{ { "this build has no MQTT", "mqtt://" + config.host, "", "a build with PRUNEDAMR_MQTT=ON" } };
}

} // namespace prunedamr::receiver
