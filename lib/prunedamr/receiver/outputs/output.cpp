// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/output.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/receiver/outputs/sinks.h"
#include "prunedamr/receiver/socket.h"
#include "prunedamr/stream/curve_key.h"
#include "prunedamr/stream/event_filter.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace prunedamr::receiver {
namespace {

constexpr std::size_t kMaxSecretBytes = 4096;

bool is_of(const OutputOption& option, const std::string& prefix)
{
    std::istringstream words(option.of);
    std::string word;
    bool all = true;
    while (words >> word) {
        all = false;
        if (word == prefix)
            return true;
    }
    return all;
}

const OutputForm& form_of(OutputKind kind)
{
    const auto& forms = output_forms();
    return *std::find_if(forms.begin(), forms.end(), [&](const OutputForm& form) { return form.kind == kind; });
}

/// The parts between single semicolons.
std::vector<std::string> split(const std::string& text)
{
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_doubled = text[i] == ';' && i + 1 < text.size() && text[i + 1] == ';';
        if (text[i] == ';' && !is_doubled)
            parts.emplace_back();
        else
            parts.back() += text[i];
        i += is_doubled ? 1 : 0;
    }
    return parts;
}

void add_option(Output& output, const std::string& text)
{
    const auto equals = text.find('=');
    const std::string name = text.substr(0, equals), prefix = form_of(output.kind).prefix;
    std::string known;
    for (const OutputOption& option : output_options()) {
        if (!is_of(option, prefix))
            continue;
        known += (known.empty() ? "" : ", ") + std::string(option.name);
        if (name != option.name)
            continue;
        const bool wants_value = option.value[0] != '\0';
        const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
        if (wants_value == value.empty())
            throw InvalidArgument({ "bad option of " + prefix, "", text,
                                    name + (wants_value ? "=" + std::string(option.value) : ", without a value") });
        if (!output.options.emplace(name, value).second)
            throw InvalidArgument({ "option of " + prefix + " given twice", "", text, "" });
        return;
    }
    throw InvalidArgument({ "unknown option of " + prefix, "", name, "one of " + known });
}

/// What the options of one output say.
class Options
{
public:
    explicit Options(const Output& output) : output_(output) {}

    bool has(const std::string& name) const { return output_.options.count(name) > 0; }

    std::string text(const std::string& name, const std::string& otherwise = "") const
    {
        const auto found = output_.options.find(name);
        return found == output_.options.end() ? otherwise : found->second;
    }

    int number(const std::string& name, int otherwise, int low, int high) const
    {
        const std::string value = text(name, std::to_string(otherwise));
        int result = 0;
        const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), result);
        if (fault != std::errc() || end != value.data() + value.size() || result < low || result > high)
            throw InvalidArgument({ "bad option", output_.name(), name + "=" + value,
                                    std::to_string(low) + ".." + std::to_string(high) });
        return result;
    }

    std::string secret(const std::string& name, const NoticeHandler& notice) const
    {
        return has(name) ? read_secret(text(name), notice) : "";
    }

private:
    const Output& output_;
};

std::string percent_decoded(const std::string& text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int byte = 0;
        const char* digits = text.data() + i + 1;
        if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
            result += static_cast<char>(byte);
            i += 2;
        } else {
            result += text[i];
        }
    }
    return result;
}

/// "//[USER[:PASSWORD]@]HOST[:PORT][/TOPIC]"
struct BrokerAddress {
    std::string user, password, address, topic;
};

BrokerAddress parse_broker(const std::string& target)
{
    BrokerAddress result;
    if (target.rfind("//", 0) != 0)
        throw InvalidArgument({ "bad address of a broker", "", target, "mqtt://HOST[:PORT][/TOPIC]" });
    const auto slash = target.find('/', 2);
    result.address = target.substr(2, slash == std::string::npos ? slash : slash - 2);
    result.topic = slash == std::string::npos ? "" : percent_decoded(target.substr(slash + 1));
    const auto at = result.address.rfind('@');
    if (at == std::string::npos)
        return result;
    const std::string user = result.address.substr(0, at);
    const auto colon = user.find(':');
    result.user = percent_decoded(user.substr(0, colon));
    result.password = colon == std::string::npos ? "" : percent_decoded(user.substr(colon + 1));
    result.address = result.address.substr(at + 1);
    return result;
}

std::unique_ptr<stream::Sink> open_mqtt(const Output& output, const OutputContext& context)
{
    const Options options(output);
    BrokerAddress broker = parse_broker(output.target);
    MqttConfig config;
    config.use_tls = output.kind == OutputKind::mqtts;
    const bool has_port = broker.address.find(':', broker.address.rfind(']') == std::string::npos
                                                       ? 0
                                                       : broker.address.rfind(']')) != std::string::npos;
    const HostPort peer = parse_host_port(broker.address + (has_port ? "" : config.use_tls ? ":8883" : ":1883"),
                                          "mqtt://HOST[:PORT][/TOPIC]");
    if (peer.host.empty())
        throw InvalidArgument({ "bad address of a broker", "", output.name(), "mqtt://HOST[:PORT][/TOPIC]" });
    config.host = peer.host;
    config.port = std::stoi(peer.port);
    config.topic = broker.topic.empty() ? "prunedamr/" + context.source_name : broker.topic;
    config.user = options.text("user", broker.user);
    config.password = options.has("password-file") ? options.secret("password-file", context.on_notice) : broker.password;
    config.client_id = options.text("client-id");
    config.tls = { options.text("ca"), options.text("cert"), options.text("key") };
    config.qos = options.number("qos", 0, 0, 2);
    config.retain = options.has("retain");
    config.protocol = options.number("protocol", 4, 4, 5);
    config.discovery = options.text("discovery");
    config.source = context.source_name;
    return make_mqtt_sink(config, context.on_notice);
}

std::unique_ptr<stream::Sink> open_influx(const Output& output, const OutputContext& context)
{
    const Options options(output);
    InfluxConfig config;
    config.target = output.target;
    config.measurement = options.text("measurement", config.measurement);
    config.database = options.text("db");
    config.user = options.text("user");
    config.password = options.secret("password-file", context.on_notice);
    config.organization = options.text("org");
    config.bucket = options.text("bucket");
    config.token = options.secret("token-file", context.on_notice);
    config.ca = options.text("ca");
    return make_influx_sink(config, context.on_notice);
}

std::unique_ptr<stream::Sink> open_sink(const Output& output, const OutputContext& context)
{
    const Options options(output);
    switch (output.kind) {
    case OutputKind::json:
        return stream::make_json_lines_sink(output.target);
    case OutputKind::csv:
        return stream::make_csv_sink(output.target);
    case OutputKind::sigmf: {
        recording::Annotating annotating = context.annotating;
        annotating.path = output.target;
        return stream::make_sigmf_sink(annotating);
    }
    case OutputKind::zmq: {
        stream::ZmqConfig config = context.zmq;
        config.endpoint = output.target;
        return stream::make_zmq_sink(config);
    }
    case OutputKind::udp:
        return make_udp_sink(output.target, context.on_notice);
    case OutputKind::syslog: {
        SyslogConfig config;
        config.target = output.target.empty() ? config.target : output.target;
        config.facility = options.text("facility", config.facility);
        return make_syslog_sink(config, context.on_notice);
    }
    case OutputKind::influx:
        return open_influx(output, context);
    case OutputKind::trigger: {
        TriggerConfig config;
        config.program = output.target;
        config.children = options.number("children", config.children, 1, 64);
        config.time = std::chrono::seconds(options.number("seconds", 10, 1, 3600));
        return make_trigger_sink(config, context.on_notice);
    }
    case OutputKind::mqtt:
    case OutputKind::mqtts:
        break;
    }
    return open_mqtt(output, context);
}

} // namespace

std::string read_secret(const std::string& path, const NoticeHandler& notice)
{
    const std::string content = read_file(path, kMaxSecretBytes);
    if (const auto warning = stream::curve_secret_key_warning(path); warning && notice)
        notice("warning: " + *warning);
    const std::string line = content.substr(0, content.find_first_of("\r\n"));
    if (line.empty())
        throw InvalidArgument({ "the first line of this file is empty", path, "", "a password or a token" });
    return line;
}

const std::array<OutputForm, 10>& output_forms()
{
    static constexpr std::array<OutputForm, 10> forms{ {
        { "json", "json:FILE or json:-", "JSON lines to a file or to standard output", OutputKind::json },
        { "csv", "csv:FILE or csv:-", "the same fields as a table, under a line with their names", OutputKind::csv },
        { "sigmf", "sigmf:NAME",
          "SigMF annotations of a recorded source, beside its samples; under its own name: added", OutputKind::sigmf },
        { "zmq", "zmq:tcp://ADDRESS:PORT",
          "ZeroMQ PUB, bound: two frames, topic and JSON; beyond this machine with --zmq-key and --zmq-clients",
          OutputKind::zmq },
        { "mqtt", "mqtt://HOST[:PORT][/TOPIC]",
          "JSON to an MQTT broker (port 1883, topic prunedamr/NAME); TOPIC/status is online or offline, retained",
          OutputKind::mqtt },
        { "mqtts", "mqtts://HOST[:PORT][/TOPIC]", "the same over TLS (port 8883)", OutputKind::mqtts },
        { "influx", "influx:http[s]://HOST[:PORT]",
          "InfluxDB, line protocol in batches; also influx:udp://HOST:PORT, and influx:FILE", OutputKind::influx },
        { "syslog", "syslog:",
          "JSON to the local log, or by RFC 5424 to syslog:udp://HOST[:PORT] or syslog:tcp://HOST[:PORT] (port 514)",
          OutputKind::syslog },
        { "udp", "udp:HOST:PORT", "JSON, a datagram for each event", OutputKind::udp },
        { "trigger", "trigger:PROGRAM", "runs a program for each event, which it reads as JSON on standard input",
          OutputKind::trigger },
    } };
    return forms;
}

const std::array<OutputOption, 19>& output_options()
{
    static constexpr std::array<OutputOption, 19> options{ {
        { "if", "CONDITION", "", "only events that meet it, such as: label=OOK and confidence>0.6 or unknown" },
        { "user", "NAME", "mqtt mqtts influx", "user name; for MQTT also as mqtt://USER:PASSWORD@HOST" },
        { "password-file", "FILE", "mqtt mqtts influx", "its first line is the password" },
        { "ca", "FILE", "mqtts influx", "certificates of authorities (default: the system's)" },
        { "cert", "FILE", "mqtts", "certificate of this client" },
        { "key", "FILE", "mqtts", "secret key of that certificate" },
        { "qos", "0..2", "mqtt mqtts", "quality of service (default: 0)" },
        { "retain", "", "mqtt mqtts", "the broker keeps the last event" },
        { "protocol", "4|5", "mqtt mqtts", "MQTT 3.1.1 or 5 (default: 4)" },
        { "client-id", "TEXT", "mqtt mqtts", "name of the connection (default: random)" },
        { "discovery", "PREFIX", "mqtt mqtts", "announces the receiver to Home Assistant, whose prefix is 'homeassistant'" },
        { "db", "NAME", "influx", "database (version 1)" },
        { "org", "NAME", "influx", "organization (version 2)" },
        { "bucket", "NAME", "influx", "bucket (version 2)" },
        { "token-file", "FILE", "influx", "its first line is the token (version 2)" },
        { "measurement", "NAME", "influx", "name of the points (default: prunedamr)" },
        { "facility", "NAME", "syslog", "daemon (default), user, local0, ..., local7" },
        { "children", "1..64", "trigger", "programs at a time (default: 4)" },
        { "seconds", "1..3600", "trigger", "that a program may take; then it is killed (default: 10)" },
    } };
    return options;
}

std::string Output::name() const
{
    if (kind == OutputKind::json || kind == OutputKind::zmq || kind == OutputKind::sigmf)
        return target;
    std::string text = std::string(form_of(kind).prefix) + ":" + target;
    const auto at = text.rfind('@'), start = text.find("//");
    if ((kind == OutputKind::mqtt || kind == OutputKind::mqtts) && at != std::string::npos && start < at)
        text.erase(start + 2, at - start - 1);
    return text;
}

std::string Output::kind_name() const
{
    return form_of(kind).prefix;
}

std::vector<std::string> Output::input_files() const
{
    std::vector<std::string> files;
    if (kind == OutputKind::trigger)
        files.push_back(target);
    for (const OutputOption& option : output_options())
        if (std::string_view(option.value) == "FILE" && options.count(option.name) > 0)
            files.push_back(options.at(option.name));
    return files;
}

bool Output::is_file() const
{
    return kind == OutputKind::json || kind == OutputKind::csv ||
           (kind == OutputKind::influx && target.find("://") == std::string::npos);
}

Output parse_output(const std::string& text)
{
    const auto parts = split(text);
    const auto colon = parts.front().find(':');
    const std::string prefix = parts.front().substr(0, colon);
    std::string known;
    for (const OutputForm& form : output_forms()) {
        known += (known.empty() ? "" : ", ") + std::string(form.prefix);
        if (prefix != form.prefix)
            continue;
        if (colon == std::string::npos || (colon + 1 == parts.front().size() && form.kind != OutputKind::syslog))
            throw InvalidArgument({ "", "", text, "a target after the colon: " + std::string(form.form) });
        Output output{ form.kind, parts.front().substr(colon + 1), {} };
        for (std::size_t i = 1; i < parts.size(); ++i)
            add_option(output, parts[i]);
        if (const std::string condition = Options(output).text("if"); !condition.empty())
            stream::EventFilter checked(condition);
        return output;
    }
    throw InvalidArgument({ "unknown kind", "", prefix, "one of " + known });
}

stream::SinkChoice open_output(const Output& output, const OutputContext& context)
{
    stream::SinkChoice choice{ open_sink(output, context), {} };
    if (const std::string condition = Options(output).text("if"); !condition.empty())
        choice.condition = stream::EventFilter(condition);
    return choice;
}

} // namespace prunedamr::receiver
