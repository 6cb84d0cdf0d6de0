// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/output.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/event_filter.h"

#include <algorithm>
#include <sstream>

namespace prunedamr::receiver {
namespace {

const std::string kHub = "hub"; ///< in the place of a prefix

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
    return all && prefix != kHub;
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

} // namespace

const std::array<OutputForm, 12>& output_forms()
{
    static constexpr std::array<OutputForm, 12> forms{ {
        { "json", "json:FILE or json:-", "JSON lines to a file or to standard output", OutputKind::json },
        { "text", "text:-", "a line for each label for a person, to standard output", OutputKind::text },
        { "csv", "csv:FILE or csv:-", "the same fields as a table, under a line with their names",
          OutputKind::csv },
        { "sigmf", "sigmf:NAME",
          "SigMF annotations of a recorded source, beside its samples; under its own name: added",
          OutputKind::sigmf },
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
          "JSON to the local log, or by RFC 5424 to syslog:udp://HOST[:PORT] or syslog:tcp://HOST[:PORT] (port "
          "514)",
          OutputKind::syslog },
        { "udp", "udp:HOST:PORT", "JSON, a datagram for each event", OutputKind::udp },
        { "trigger", "trigger:PROGRAM", "runs a program for each event, which it reads as JSON on standard input",
          OutputKind::trigger },
        { "snippets", "snippets:FOLDER",
          "the I/Q around each emission as a SigMF recording of its own, with the label as its annotation",
          OutputKind::snippets },
    } };
    return forms;
}

const std::array<OutputOption, 25>& output_options()
{
    static constexpr std::array<OutputOption, 25> options{ {
        { "if", "CONDITION", "", "only events that meet it, such as: label=OOK and confidence>0.6 or unknown" },
        { "user", "NAME", "mqtt mqtts influx hub", "user name; for MQTT also as mqtt://USER:PASSWORD@HOST" },
        { "password-file", "FILE", "mqtt mqtts influx hub", "its first line is the password" },
        { "ca", "FILE", "mqtts influx hub", "certificates of authorities (default: the system's)" },
        { "cert", "FILE", "mqtts hub", "certificate of this client" },
        { "key", "FILE", "mqtts hub", "secret key of that certificate" },
        { "server-key", "FILE", "hub", "CURVE public key of the hubs, for zmq; key is then this receiver's CURVE secret key" },
        { "qos", "0..2", "mqtt mqtts", "quality of service (default: 0)" },
        { "retain", "", "mqtt mqtts", "the broker keeps the last event" },
        { "protocol", "4|5", "mqtt mqtts hub", "MQTT 3.1.1 or 5 (default: 4)" },
        { "client-id", "TEXT", "mqtt mqtts hub", "name of the connection (default: random)" },
        { "discovery", "PREFIX", "mqtt mqtts",
          "announces the receiver to Home Assistant, whose prefix is 'homeassistant'" },
        { "db", "NAME", "influx", "database (version 1)" },
        { "org", "NAME", "influx", "organization (version 2)" },
        { "bucket", "NAME", "influx", "bucket (version 2)" },
        { "token-file", "FILE", "influx", "its first line is the token (version 2)" },
        { "measurement", "NAME", "influx", "name of the points (default: prunedamr)" },
        { "facility", "NAME", "syslog", "daemon (default), user, local0, ..., local7" },
        { "children", "1..64", "trigger", "programs at a time (default: 4)" },
        { "seconds", "1..3600", "trigger", "that a program may take; then it is killed (default: 10)" },
        { "budget", "BYTES", "snippets",
          "bytes that the folder may hold, k/M/G allowed (default: 1G); beyond, see keep" },
        { "keep", "newest|teaching", "snippets",
          "what is kept within the budget: newest (default: the label with the most recordings loses its oldest), or teaching "
          "(of each signal one, where a person's label would teach the model most: the network and the measurement disagree, two "
          "classes are as probable, or there is no name, and nothing like it is kept)" },
        { "age", "TIME", "snippets", "time after which a recording is removed: 90s, 30m, 12h, 7d (default: 7d)" },
        { "before", "SECONDS", "snippets", "of the stream before the emission, 0 to 1 (default: 0.1)" },
        { "after", "SECONDS", "snippets", "after the emission, 0 to 1 (default: 0.1)" },
    } };
    return options;
}

std::string Output::name() const
{
    if (kind == OutputKind::json || kind == OutputKind::text || kind == OutputKind::zmq || kind == OutputKind::sigmf)
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
    return kind == OutputKind::json || kind == OutputKind::text || kind == OutputKind::csv ||
           (kind == OutputKind::influx && target.find("://") == std::string::npos);
}

void add_option(Output& output, const std::string& text)
{
    const auto equals = text.find('=');
    const std::string name = text.substr(0, equals), prefix = output.is_hub ? kHub : form_of(output.kind).prefix;
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
        if (name == "if")
            stream::EventFilter checked(value);
        if (!output.options.emplace(name, value).second)
            throw InvalidArgument({ "option of " + prefix + " given twice", "", text, "" });
        return;
    }
    throw InvalidArgument({ "unknown option of " + prefix, "", name, "one of " + known });
}

namespace {

Output parse(const std::string& text, bool is_hub)
{
    const auto parts = split(text);
    const auto colon = parts.front().find(':');
    const std::string prefix = parts.front().substr(0, colon);
    std::string known;
    for (const OutputForm& form : output_forms()) {
        if (is_hub && form.kind != OutputKind::mqtt && form.kind != OutputKind::mqtts && form.kind != OutputKind::zmq)
            continue;
        known += (known.empty() ? "" : ", ") + std::string(form.prefix);
        if (prefix != form.prefix)
            continue;
        if (colon == std::string::npos || (colon + 1 == parts.front().size() && form.kind != OutputKind::syslog))
            throw InvalidArgument({ "no target", "", text, "a target after the colon: " + std::string(form.form) });
        Output output{ form.kind, parts.front().substr(colon + 1), {}, is_hub };
        for (std::size_t i = 1; i < parts.size(); ++i)
            add_option(output, parts[i]);
        return output;
    }
    throw InvalidArgument({ "unknown kind", "", prefix, "one of " + known });
}

} // namespace

Output parse_output(const std::string& text)
{
    return parse(text, false);
}

Output parse_hubs(const std::vector<std::string>& texts)
{
    Output all = parse(texts.at(0), true);
    for (std::size_t i = 1; i < texts.size(); ++i) {
        const Output next = parse(texts[i], true);
        if (all.kind != OutputKind::zmq || next.kind != OutputKind::zmq)
            throw InvalidArgument({ "several hubs", "", next.name(), "one broker, or endpoints of ZeroMQ only" });
        all.target += "," + next.target;
        for (const auto& [name, value] : next.options)
            add_option(all, name + "=" + value);
    }
    if (all.kind == OutputKind::zmq && (all.options.count("user") > 0 || all.options.count("ca") > 0 || all.options.count("cert") > 0))
        throw InvalidArgument({ "bad option of a hub", all.name(), "", "key and server-key, of zmq" });
    if (all.kind != OutputKind::zmq && all.options.count("server-key") > 0)
        throw InvalidArgument({ "bad option of a hub", all.name(), "server-key", "of zmq only" });
    return all;
}

} // namespace prunedamr::receiver
