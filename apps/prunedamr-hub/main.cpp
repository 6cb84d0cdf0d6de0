// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/common/service.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/hub/hub.h"
#include "prunedamr/hub/store.h"
#include "prunedamr/receiver/outputs/output.h"
#include "prunedamr/stream/curve.h"

#include <chrono>
#include <csignal>
#include <random>
#include <thread>
#include <unistd.h>

namespace prunedamr {
namespace {

struct Options {
    std::vector<std::string> listen;
    std::string database = "hub.db", group = "hub", name, update_keys, zmq_key, zmq_clients, web, web_cert, web_key, web_token;
    std::int64_t keep_us = 0;
    bool quiet = false;
};

/// An option whose value this reads, so that what is wrong with it names the option.
template <typename Read> CLI::Option* add_read(CLI::App& app, const std::string& name, const Read& read, const std::string& help)
{
    return app.add_option_function<std::string>(
        name,
        [name, read](const std::string& text) {
            try {
                read(text);
            } catch (const InvalidArgument& error) {
                throw CLI::ValidationError(name, error.what());
            }
        },
        help);
}

constexpr const char* kForms = "  mqtt://HOST[:PORT][/PREFIX]   receivers of a broker (port 1883, prefix prunedamr)\n"
                               "  mqtts://HOST[:PORT][/PREFIX]  the same over TLS (port 8883)\n"
                               "  zmq:tcp://ADDRESS:PORT        receivers that connect here; beyond this machine with --zmq-key and --zmq-clients\n\n"
                               "with ;NAME=VALUE behind it, of a broker: user, password-file, ca, cert, key, protocol, client-id";

void add_options(CLI::App& app, Options& options)
{
    app.option_defaults()->group("Receivers");
    app.add_option_function<std::vector<std::string>>(
           "--listen",
           [&options](const std::vector<std::string>& texts) {
               for (const std::string& text : texts)
                   cli::list_if_asked(text, kForms);
               options.listen.insert(options.listen.end(), texts.begin(), texts.end());
           },
           "where receivers are, that is where their --hub points to: a broker, or an address of this machine; 'help' lists the forms "
           "and their options; repeatable")
        ->type_name("KIND:ADDRESS")
        ->allow_extra_args(false);
    app.add_option("--group", options.group, "hubs of one group share what comes from a broker, and belong to one database")
        ->type_name("NAME")
        ->capture_default_str();
    app.add_option("--name", options.name, "name of this hub, as no other of its database has it (default: the machine's, and a random number)")->type_name("NAME");
    app.add_option("--zmq-key", options.zmq_key, "file of the CURVE secret key of ZeroMQ sockets, as of prunedamr-rx")->type_name(cli::kInput);
    app.add_option("--zmq-clients", options.zmq_clients, "whose receivers may connect: a folder of CURVE public keys NAME.key, of which each may be the receiver NAME alone, or a file of keys, each of which may be any")
        ->type_name("FILE|FOLDER");
    app.option_defaults()->group("Labels");
    app.add_option("--database", options.database, "file of an SQLite database, or postgresql://USER@HOST/NAME; it is made if there is none")
        ->type_name("FILE|ADDRESS")
        ->capture_default_str();
    add_read(app, "--keep", [&options](const std::string& text) { options.keep_us = hub::keep_us(text); },
             "what is older is removed, labels, drift, snippets, answers, roll-outs that have ended, receivers that are gone: 12h, 90d (default: none)")
        ->type_name("TIME");
    app.add_option("--update-keys", options.update_keys,
                   "public keys of those whose updates are kept here: a file, or a folder of NAME.pub (default: everybody's; receivers take those of "
                   "their own --update-keys in any case)")
        ->type_name("FILE|FOLDER");
    app.option_defaults()->group("Page");
    app.add_option("--web", options.web, "serve the page, its API and /metrics at this address and port, such as 127.0.0.1:8081; beyond this machine with "
                                         "--web-cert, --web-key and --web-token")
        ->type_name("ADDRESS:PORT");
    app.add_option("--web-cert", options.web_cert, "file of the certificate chain for TLS, PEM")->type_name(cli::kInput);
    app.add_option("--web-key", options.web_key, "file of the certificate's secret key, PEM")->type_name(cli::kInput);
    app.add_option("--web-token", options.web_token,
                   "file whose first line is needed to change anything, and from beyond this machine to read (Authorization: Bearer ...)")
        ->type_name(cli::kInput);
    app.add_flag("--quiet", options.quiet, "only what goes wrong on stderr");
    app.option_defaults()->group("Options");
}

std::string own_name()
{
    char host[256] = "hub";
    ::gethostname(host, sizeof host - 1);
    std::random_device random;
    return std::string(host).substr(0, 30) + "-" + std::to_string(random());
}

/// "mqtt://..." as the receiver's --hub has it; "zmq:ENDPOINT" is bound here.
void add_link(hub::HubConfig& config, const Options& options, const std::string& text)
{
    if (text.rfind("zmq:", 0) == 0) {
        hub::SocketLink link;
        link.socket.endpoint = text.substr(4);
        if (!options.zmq_key.empty())
            link.socket.curve_secret_key = stream::read_curve_secret_key(options.zmq_key);
        if (!options.zmq_clients.empty()) {
            link.socket.curve_client_keys = stream::read_curve_client_keys(options.zmq_clients);
            link.names = stream::read_curve_client_names(options.zmq_clients);
        }
        config.sockets.push_back(link);
        return;
    }
    receiver::OutputContext context;
    context.on_notice = cli::print;
    const auto link = receiver::hub_link(receiver::parse_hubs({ text }), context);
    const auto& broker = std::get<receiver::hub::MqttLink>(link.transport);
    if (broker.prefix.find_first_of("+#") != std::string::npos)
        throw InvalidArgument({ "bad MQTT topic", "", broker.prefix, "one without + and #" });
    config.brokers.push_back({ broker.broker, broker.prefix, options.group, config.name });
}

hub::HubConfig config_of(const Options& options)
{
    hub::HubConfig config;
    config.database = options.database;
    config.name = options.name.empty() ? own_name() : options.name;
    config.notice = cli::print;
    config.keep_us = options.keep_us;
    for (const std::string& text : options.listen)
        try {
            add_link(config, options, text);
        } catch (const InvalidArgument& error) {
            throw CLI::ValidationError("--listen", error.what());
        }
    if (!options.zmq_key.empty())
        if (const auto warning = stream::curve_secret_key_warning(options.zmq_key))
            cli::warn({ *warning });
    if (!options.update_keys.empty())
        config.update_keys = read_public_keys(options.update_keys);
    if (!options.web.empty()) {
        config.web.emplace();
        config.web->address = options.web;
        config.web->certificate = options.web_cert;
        config.web->key = options.web_key;
        if (!options.web_token.empty())
            config.web->token = receiver::read_secret(options.web_token, cli::print);
    }
    return config;
}

void check(const Options& options)
{
    using cli::require;
    require(!options.listen.empty() || !options.web.empty(), "--listen", "missing: where receivers are, such as mqtt://localhost");
    for (const auto& [name, file] : { std::pair("--web-cert", &options.web_cert), std::pair("--web-key", &options.web_key), std::pair("--web-token", &options.web_token) })
        require(!options.web.empty() || file->empty(), name, "belongs to --web, and there is none");
    require(options.zmq_clients.empty() || !options.zmq_key.empty(), "--zmq-clients", "needs --zmq-key: without encryption a client cannot show its key");
}

void run(const Options& options)
{
    check(options);
    std::signal(SIGPIPE, SIG_IGN);
    const InterruptGuard interrupt_guard;
    cli::Service service;
    hub::Hub hub(config_of(options));
    service.ready();
    if (!options.quiet) {
        cli::print("labels go to " + hub::without_password(options.database));
        if (!hub.web_address().empty())
            cli::print("page at " + hub.web_address());
    }
    while (!interrupted()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        if (hub.is_alive())
            service.alive();
    }
    service.stopping();
}

} // namespace
} // namespace prunedamr

int main(int argc, char** argv)
{
    using namespace prunedamr;
    CLI::App app("Labels of many receivers in one database, on one page; updates for them in stages.", "prunedamr-hub");
    Options options;
    cli::add_common(app);
    add_options(app, options);
    app.callback([&options] { run(options); });
    return cli::run(app, argc, argv);
}
