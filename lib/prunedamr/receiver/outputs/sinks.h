// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/outputs/mqtt_connection.h"
#include "prunedamr/receiver/outputs/snippet_store.h"
#include "prunedamr/receiver/sample_history.h"
#include "prunedamr/receiver/source.h"
#include "prunedamr/stream/sinks.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

/// Outputs to peers that may be slow or away. Each is called on the thread of its publisher's queue, waits for a
/// peer a few seconds at the most, and tells of a loss and a return, once each. A peer that is away when it is made
/// is no error.
namespace prunedamr::receiver {

/// The JSON line of each event as a datagram. `address`: HOST:PORT.
std::unique_ptr<stream::Sink> make_udp_sink(const std::string& address, NoticeHandler notice);

struct SyslogConfig {
    std::string target = "/dev/log"; ///< path of the local socket, or udp://HOST[:PORT] or tcp://HOST[:PORT] (514)
    std::string facility = "daemon"; ///< by its name in RFC 5424: daemon, user, local0, ...
};

/// The JSON line of each event, at level informational: RFC 5424 to a remote server (over TCP with octet counts,
/// RFC 6587), the local form of syslog(3) else. Throws `InvalidArgument`.
std::unique_ptr<stream::Sink> make_syslog_sink(const SyslogConfig& config, NoticeHandler notice);

struct MqttConfig : BrokerConfig {
    std::string topic;          ///< of events; status: TOPIC/status, "online" or "offline", retained
    int qos = 0;                ///< 0..2
    bool retain = false;        ///< the broker keeps the last event for those who come later
    std::string discovery;      ///< prefix of Home Assistant's discovery topics; empty: none
    std::string source = "rx0"; ///< name of the receiver in Home Assistant
};

/// The JSON line of each event to an MQTT broker. Throws `InvalidArgument` for what no broker could take.
std::unique_ptr<stream::Sink> make_mqtt_sink(const MqttConfig& config, NoticeHandler notice);

struct InfluxConfig {
    std::string target; ///< http://HOST:PORT, https://..., udp://HOST:PORT, or a file
    std::string measurement = "prunedamr";
    std::string database, user, password;    ///< version 1
    std::string organization, bucket, token; ///< version 2, when a bucket is given
    std::string ca;                          ///< file; empty: the system's authorities
};

/// Line protocol: `source`, `state`, `label`, `family` and `model` are tags, all else are fields. Over HTTP in
/// batches of a second or 500 lines; 5000 wait for a server that is away. Throws `InvalidArgument`.
std::unique_ptr<stream::Sink> make_influx_sink(const InfluxConfig& config, NoticeHandler notice);

struct TriggerConfig {
    std::string program;                      ///< file; runs without a shell and without arguments
    int children = 4;                         ///< at a time, 1..64
    std::chrono::milliseconds time{ 10'000 }; ///< that one may take; then it is killed, with its children
};

/// Runs a program for each event, whose JSON line it reads on standard input. Its standard output is discarded, for
/// labels may be on ours. An event is lost when its program cannot be started, fails or is killed. Throws `Error`
/// when there is no such program.
std::unique_ptr<stream::Sink> make_trigger_sink(const TriggerConfig& config, NoticeHandler notice);

struct SnippetConfig {
    SnippetStore::Config store;
    double before_s = 0.1, after_s = 0.1; ///< of the emission, 0..1
    std::function<bool(const stream::LabelEvent&)> condition; ///< of the events that are wanted
    /// A recording is there: STEM.sigmf-meta and STEM.sigmf-data (cf32_le). On the sink's thread; may be empty.
    std::function<void(const std::string& stem, const stream::LabelEvent& event)> kept;
};

/// The samples of each event that is wanted, and of what came before and after it, as a SigMF recording with the event as
/// its annotation. They are taken from `history`, which outlives the sink, and hold the band of eight times the emission's
/// width around it, with the emission beside the middle, where a receiver's own line would be looked for. Of a signal that
/// lasts there is a recording a minute, and one when its label changes; where those are kept that teach most, of each signal one
/// at most, and none of what is sure or like another. The receiver's event is in the metadata (`recording::read_label`). A
/// recording that cannot be written is lost. Throws `Error` for a folder that cannot be written to, or is another receiver's.
stream::SinkChoice make_snippet_sink(const SnippetConfig& config, SampleHistory& history, NoticeHandler notice);

} // namespace prunedamr::receiver
