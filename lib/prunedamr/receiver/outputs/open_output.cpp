// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/output.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/receiver/outputs/sinks.h"
#include "prunedamr/receiver/socket.h"
#include "prunedamr/stream/curve.h"
#include "prunedamr/stream/event_filter.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

namespace prunedamr::receiver {
namespace {

constexpr std::size_t kMaxSecretBytes = 4096;

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

    /// A positive number and one of the suffixes, each of which stands for a factor.
    double quantity(const std::string& name, double otherwise, std::initializer_list<std::pair<const char*, double>> suffixes,
                    double least, double most, const std::string& expected) const
    {
        if (!has(name))
            return otherwise;
        const std::string value = text(name);
        double number = 0.0;
        const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
        const std::string suffix(end, value.data() + value.size());
        const auto found = std::find_if(suffixes.begin(), suffixes.end(), [&](const auto& s) { return suffix == s.first; });
        if (fault == std::errc() && found != suffixes.end() && number * found->second >= least && number * found->second <= most)
            return number * found->second;
        throw InvalidArgument({ "bad option", output_.name(), name + "=" + value, expected });
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
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
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

/// `topic`: that of the address, which may be empty.
BrokerConfig broker_config(const Output& output, const OutputContext& context, std::string& topic)
{
    const Options options(output);
    const BrokerAddress broker = parse_broker(output.target);
    if (broker.address.empty() || broker.address.front() == ':')
        throw InvalidArgument({ "bad address of a broker", "", output.name(), "mqtt://HOST[:PORT][/TOPIC]" });
    BrokerConfig config;
    config.use_tls = output.kind == OutputKind::mqtts;
    const bool has_port =
        broker.address.find(':', broker.address.rfind(']') == std::string::npos ? 0 : broker.address.rfind(']')) !=
        std::string::npos;
    const HostPort peer = parse_host_port(broker.address + (has_port         ? ""
                                                            : config.use_tls ? ":8883"
                                                                             : ":1883"),
                                          "mqtt://HOST[:PORT][/TOPIC]");
    config.host = peer.host;
    config.port = std::stoi(peer.port);
    config.user = options.text("user", broker.user);
    config.password =
        options.has("password-file") ? options.secret("password-file", context.on_notice) : broker.password;
    config.client_id = options.text("client-id");
    config.tls = { options.text("ca"), options.text("cert"), options.text("key") };
    config.protocol = options.number("protocol", 4, 4, 5);
    topic = broker.topic;
    return config;
}

std::unique_ptr<stream::Sink> open_mqtt(const Output& output, const OutputContext& context)
{
    const Options options(output);
    MqttConfig config;
    static_cast<BrokerConfig&>(config) = broker_config(output, context, config.topic);
    if (config.topic.empty())
        config.topic = "prunedamr/" + context.source_name;
    config.qos = options.number("qos", 0, 0, 2);
    config.retain = options.has("retain");
    config.discovery = options.text("discovery");
    config.source = context.source_name;
    return make_mqtt_sink(config, context.on_notice);
}

hub::ZmqLink zmq_link(const Output& hub, const NoticeHandler& notice)
{
    const Options options(hub);
    hub::ZmqLink link;
    for (std::size_t begin = 0; begin <= hub.target.size();) {
        const std::size_t end = std::min(hub.target.find(',', begin), hub.target.size());
        link.endpoints.push_back(hub.target.substr(begin, end - begin));
        begin = end + 1;
    }
    if (options.has("key")) {
        link.secret_key = stream::read_curve_secret_key(options.text("key"));
        if (const auto warning = stream::curve_secret_key_warning(options.text("key")); warning && notice)
            notice("warning: " + *warning);
    }
    if (options.has("server-key"))
        link.server_key = stream::read_curve_client_keys(options.text("server-key")).front();
    return link;
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

SnippetConfig snippet_config(const Output& output)
{
    const Options options(output);
    SnippetConfig config;
    config.store.folder = output.target;
    config.store.max_bytes = static_cast<std::uint64_t>(
        options.quantity("budget", 1e9, { { "", 1.0 }, { "k", 1e3 }, { "M", 1e6 }, { "G", 1e9 } }, 1.0, 1e15,
                         "bytes, 1 to 1e15, k/M/G allowed"));
    config.store.max_age_s =
        options.quantity("age", 7 * 86400.0, { { "s", 1.0 }, { "m", 60.0 }, { "h", 3600.0 }, { "d", 86400.0 } },
                         1.0, 1e9, "a time such as 90s, 30m, 12h, 7d");
    config.before_s = options.quantity("before", config.before_s, { { "", 1.0 }, { "s", 1.0 } }, 0.0, 1.0, "seconds, 0 to 1");
    config.after_s = options.quantity("after", config.after_s, { { "", 1.0 }, { "s", 1.0 } }, 0.0, 1.0, "seconds, 0 to 1");
    const std::string keep = options.text("keep", "newest");
    if (keep != "newest" && keep != "teaching")
        throw InvalidArgument({ "bad option", output.name(), "keep=" + keep, "newest or teaching" });
    config.store.keeps_teaching = keep == "teaching";
    config.condition = stream::EventFilter(options.text("if", "not noise"));
    return config;
}

stream::SinkChoice open_snippets(const Output& output, const OutputContext& context)
{
    SnippetConfig config = snippet_config(output);
    config.kept = context.on_snippet;
    PRUNEDAMR_CHECK(context.history, "snippets need the history of the samples");
    return make_snippet_sink(config, *context.history, context.on_notice);
}

std::unique_ptr<stream::Sink> open_sink(const Output& output, const OutputContext& context)
{
    const Options options(output);
    switch (output.kind) {
    case OutputKind::json:
        return stream::make_json_lines_sink(output.target);
    case OutputKind::text:
        return stream::make_text_sink();
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
    case OutputKind::snippets: // not here
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

void check_snippets(const Output& output)
{
    snippet_config(output);
}

hub::LinkConfig hub_link(const Output& hub, const OutputContext& context)
{
    hub::LinkConfig config;
    config.receiver = context.source_name;
    config.on_notice = context.on_notice;
    if (hub.kind == OutputKind::zmq) {
        config.transport = zmq_link(hub, context.on_notice);
        return config;
    }
    hub::MqttLink link;
    std::string prefix;
    link.broker = broker_config(hub, context, prefix);
    if (!prefix.empty())
        link.prefix = prefix;
    config.transport = link;
    return config;
}

stream::SinkChoice open_output(const Output& output, const OutputContext& context)
{
    if (output.kind == OutputKind::snippets)
        return open_snippets(output, context);
    stream::SinkChoice choice{ open_sink(output, context), {} };
    if (const std::string condition = Options(output).text("if"); !condition.empty())
        choice.condition = stream::EventFilter(condition);
    return choice;
}

} // namespace prunedamr::receiver
