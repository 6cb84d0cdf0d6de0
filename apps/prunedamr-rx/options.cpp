// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/options.h"

#include "apps/common/cli.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/model.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <unistd.h>

namespace prunedamr::rx {
namespace {

using receiver::Output;
using receiver::OutputKind;

/// The forms, then the options that may follow them.
std::string output_help()
{
    std::string text = cli::listing(receiver::output_forms()) + "\n\nwith ;NAME=VALUE behind it:";
    for (const auto& option : receiver::output_options()) {
        if (std::string_view(option.of) == "hub")
            continue;
        const std::string value = option.value[0] ? std::string("=") + option.value : "";
        const std::string of = option.of[0] ? std::string(" (") + option.of + ")" : "";
        const std::string form = ";" + std::string(option.name) + value;
        text += "\n  " + form + std::string(form.size() < 26 ? 26 - form.size() : 0, ' ') + " " + option.meaning + of;
    }
    return text;
}

void add_outputs(std::vector<Output>& outputs, const std::vector<std::string>& texts)
{
    for (const auto& text : texts) {
        cli::list_if_asked(text, output_help());
        try {
            outputs.push_back(receiver::parse_output(text));
        } catch (const Error& error) {
            throw CLI::ValidationError("--out", error.what());
        }
    }
}

void add_label_options(CLI::App& app, Options& options)
{
    app.option_defaults()->group("Labels");
    app.add_option("--model", options.model,
                   "model file, or the name of an installed model; looked for in $PRUNEDAMR_MODELS, then in "
                   "share/prunedamr/models")
        ->type_name(cli::kModel)
        ->capture_default_str();
    app.add_flag(
        "--watch-model", options.watch_model,
        "read the model again when its file changes, as on SIGUSR2; SIGUSR1 brings the one before it back");
    app.add_option("--updates", options.updates,
                   "take signed updates of the model: NAME.update put into this folder, or by HTTP (ctl update); the "
                   "folder keeps the present model, the one before it, and the number of the last update")
        ->type_name("FOLDER");
    app.add_option("--update-keys", options.update_keys,
                   "public keys of those whose updates are taken: a file, or a folder of NAME.pub ('prunedamr key new')")
        ->type_name("FILE|FOLDER");
    app.add_option("--backend", options.backend,
                   "backend: native (the project's kernels), onednn (in float32), or torch: --model is then a "
                   "TorchScript file FILE.pt, with its labels and front end in FILE.json")
        ->capture_default_str()
        ->check(CLI::IsMember(stream::backends()));
    app.add_option(
           "--max-latency-us", options.max_latency_us,
           "as many frames per call of the network as give the most throughput within that time, measured at "
           "the start (default: 16 frames)")
        ->check(CLI::Range(0.001, 1e9));
    app.add_option_function<std::string>(
        "--interval",
        [&](const std::string& text) { options.interval_s = cli::positive_quantity("--interval", text); },
        "seconds per label of a signal that lasts (default: 0.1), rounded up to the time that is searched at once "
        "(about a second); a burst has one label, from its start to its end")
        ->type_name("SECONDS");
    app.add_flag("--single", options.single,
                 "the samples are of one signal, to which the receiver is tuned: a label per interval for whatever is "
                 "there (default: every emission in the band is found and labeled)");
    for (const char* gone : { "--bursts", "--burst-gap", "--survey", "--survey-signals" })
        app.add_option_function<std::vector<std::string>>(
               gone,
               [gone](const std::vector<std::string>&) {
                   throw CLI::ValidationError(
                       gone, "no longer exists: every emission in the band is found without it, bursts and lasting "
                             "signals alike; --single is for one signal");
               })
            ->expected(0, 1)
            ->group("");
    app.add_flag("!--no-measure", options.measure,
                 "labels by the network alone: without symbol rates and other numbers, in less time");
    app.add_flag("--evidence", options.evidence,
                 "labels hold the symbols, at most 256, that their numbers were measured on");
    app.add_option("--min-confidence", options.min_confidence,
                   "a signal whose class and family are less probable is 'unknown' (default: the model's)")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--systems", options.systems,
                   "file with radio systems of your own, which are added to the shipped table or replace its systems of "
                   "the same name: events name those that fit as candidates (see prunedamr systems)")
        ->type_name(cli::kInput);
    app.add_option("--name", options.name,
                   "name of this source in the labels (default: rx0, or the path of each of several files)")
        ->type_name("NAME");
}

void add_drift_options(CLI::App& app, Options& options)
{
    app.option_defaults()->group("Labels");
    app.add_option("--drift", options.drift,
                   "what labels are compared with, to tell when they are no longer alike (key drift, /metrics, the page): a "
                   "file with what is usual at this site, which is learned and written if there is none; 'model': what the "
                   "model's calibration saw; 'none' (default: what this run has learned)")
        ->type_name("FILE|model|none");
    app.add_option("--drift-learn", options.drift_learn,
                   "decisions to learn from, one in 5 seconds of each emission; a day's are best")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::Range(500, 1'000'000'000));
    app.add_option("--drift-false-alarms", options.drift_false_alarm_days,
                   "mean time between two false alarms, at least, in days")
        ->type_name("DAYS")
        ->capture_default_str()
        ->check(CLI::Range(0.001, 36500.0));
}

/// `--snippets FOLDER` is `--out snippets:FOLDER`; its options are those of the output.
void add_snippet_options(CLI::App& app, std::optional<Output>& wanted)
{
    const auto snippets = [&wanted]() -> Output& { return wanted ? *wanted : wanted.emplace(Output{ OutputKind::snippets, "", {} }); };
    app.add_option_function<std::string>(
        "--snippets", [=](const std::string& folder) { snippets().target = folder; },
        "keep the I/Q around emissions in this folder, as SigMF recordings with their labels; the same as --out "
        "snippets:FOLDER")
        ->type_name("FOLDER");
    for (const auto& option : receiver::output_options()) {
        const bool is_condition = std::string_view(option.name) == "if";
        if (!is_condition && std::string_view(option.of) != "snippets")
            continue;
        app.add_option_function<std::string>(
               "--snippet-" + std::string(option.name),
               [=](const std::string& value) {
                   try {
                       receiver::add_option(snippets(), option.name + ("=" + value));
                   } catch (const Error& error) {
                       throw CLI::ValidationError("--snippet-" + std::string(option.name), error.what());
                   }
               },
               "of --snippets: " + std::string(option.meaning))
            ->type_name(option.value);
    }
}

constexpr const char* kHubForms = "  mqtt://HOST[:PORT][/PREFIX]   a broker (port 1883, prefix prunedamr)\n"
                                  "  mqtts://HOST[:PORT][/PREFIX]  the same over TLS (port 8883)\n"
                                  "  zmq:tcp://HOST:PORT           the hub itself; beyond this machine with key and server-key\n\n"
                                  "with ;NAME=VALUE behind it: user, password-file, ca, cert, key, protocol, client-id of a broker; key, server-key of zmq";

void add_hub_options(CLI::App& app, Options& options)
{
    app.add_option_function<std::vector<std::string>>(
           "--hub",
           [&](const std::vector<std::string>& texts) {
               for (const std::string& text : texts)
                   cli::list_if_asked(text, kHubForms);
               try {
                   options.hub = receiver::parse_hubs(texts);
               } catch (const Error& error) {
                   throw CLI::ValidationError("--hub", error.what());
               }
           },
           "hub (prunedamr-hub) that gets labels, state and thumbnails of snippets, and sends updates: mqtt[s]://HOST[:PORT][/PREFIX], "
           "or zmq:tcp://HOST:PORT, repeatable; 'help' lists the forms and their options")
        ->type_name("KIND:ADDRESS")
        ->allow_extra_args(false);
    app.add_option_function<std::string>(
           "--hub-spool", [&](const std::string& text) { options.hub_spool_bytes = cli::positive_quantity("--hub-spool", text); },
           "bytes of events that are kept until a hub has them, k/M/G allowed (default: 8M); beyond, the oldest are lost and counted")
        ->type_name("BYTES");
    app.add_option("--hub-wait", options.hub_wait_s, "seconds to wait at the end of a run until a hub has all events")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 86400.0));
    app.add_option_function<std::string>(
           "--position",
           [&](const std::string& text) {
               try {
                   options.position = receiver::hub::parse_position(text);
               } catch (const Error& error) {
                   throw CLI::ValidationError("--position", error.what());
               }
           },
           "where the receiver stands, for the hub: degrees north and east, such as 52.5,13.4")
        ->type_name("LAT,LON");
}

void add_output_options(CLI::App& app, Options& options)
{
    app.option_defaults()->group("Output");
    app.add_option_function<std::vector<std::string>>(
           "--out", [&](const std::vector<std::string>& texts) { add_outputs(options.outputs, texts); },
           "where labels go: standard output (default: text:- on a terminal, else json:-), a file, a broker, a database, a "
           "log, a program; 'help' lists the forms and their options; repeatable; SIGHUP reopens files")
        ->type_name("KIND:TARGET")
        ->allow_extra_args(false);
    app.add_option_function<std::vector<std::string>>(
           "--zmq",
           [&](const std::vector<std::string>& endpoints) {
               for (const auto& endpoint : endpoints)
                   options.outputs.push_back({ OutputKind::zmq, endpoint, {} });
           },
           "ZeroMQ endpoint to publish labels at: tcp://127.0.0.1:5555; repeatable")
        ->type_name("ADDRESS")
        ->allow_extra_args(false);
    app.add_option("--topic", options.topic, "first frame of ZeroMQ messages")->type_name("TOPIC")->capture_default_str();
    app.add_option("--zmq-key", options.zmq_key,
                   "file of a CURVE secret key (40 characters of Z85, or NAME.key_secret of zmq.auth): labels are "
                   "encrypted, for any subscriber that knows its public key; see --zmq-clients")
        ->type_name(cli::kInput);
    app.add_option("--zmq-clients", options.zmq_clients,
                   "who may subscribe: a file of CURVE public keys (NAME.key of zmq.auth, or 40 characters of Z85 "
                   "each), or a folder of NAME.key; with --zmq-key labels may then leave this machine")
        ->type_name("FILE|FOLDER");
    add_hub_options(app, options);
    add_snippet_options(app, options.snippets);
    app.add_option("--web", options.web,
                   "serve the page, its API and /metrics (Prometheus) at this address and port, such as "
                   "127.0.0.1:8080; beyond this machine with --web-cert, --web-key and --web-token")
        ->type_name("ADDRESS:PORT");
    app.add_option("--web-cert", options.web_cert, "file of the certificate chain for TLS, PEM")->type_name(cli::kInput);
    app.add_option("--web-key", options.web_key, "file of the certificate's secret key, PEM")->type_name(cli::kInput);
    app.add_option("--web-token", options.web_token,
                   "file whose first line is needed to change anything, and from beyond this machine to read "
                   "(Authorization: Bearer ...), of 16 characters or more there; without it nothing can be changed")
        ->type_name(cli::kInput);
    app.add_flag("--quiet", options.quiet, "no statistics on stderr");
    app.add_flag("--profile", options.profile,
                 "at the end, where the CPU time went from sample to event, on stderr");
}

void check_snippet_values(const Output& output)
{
    try {
        receiver::check_snippets(output);
    } catch (const Error& error) {
        throw CLI::ValidationError("--snippets", error.what());
    }
}

} // namespace

bool Options::has_output(OutputKind kind) const
{
    return std::any_of(outputs.begin(), outputs.end(), [&](const Output& output) { return output.kind == kind; });
}

std::string Options::snippet_folder() const
{
    const auto found = std::find_if(outputs.begin(), outputs.end(), [](const Output& output) { return output.kind == OutputKind::snippets; });
    return found == outputs.end() ? std::string() : found->target;
}

void add_options(CLI::App& app, Options& options)
{
    add_source_options(app, options.source);
    add_label_options(app, options);
    add_drift_options(app, options);
    add_output_options(app, options);
}

void check(Options& options)
{
    using cli::require;
    check(options.source);
    for (const Output& output : options.outputs) {
        require(output.kind != OutputKind::text || output.target == "-", "--out", "text goes to standard output: text:-");
        require(
            output.kind != OutputKind::sigmf ||
                (options.source.is_file() && options.source.addresses.size() == 1 && !options.source.has_channel()),
            "--out", "sigmf annotates recordings: one file as the source, and no channel of it, only");
        if (output.kind == OutputKind::snippets)
            check_snippet_values(output);
        require(output.kind != OutputKind::sigmf || !options.source.loop, "--loop",
                "does not go with --out sigmf: the annotations of each round would lie behind the end of the recording");
    }
    require(options.updates.empty() == options.update_keys.empty(), "--updates", "belongs with --update-keys: without a key nobody's update is taken");
    require(options.updates.empty() || !options.watch_model, "--watch-model", "does not go with --updates, which keep models of their own");
    require(options.updates.empty() || options.backend != "torch", "--backend", "torch does not go with --updates");
    const bool published = options.has_output(OutputKind::zmq);
    for (const auto& [name, file] : { std::pair("--web-cert", &options.web_cert), std::pair("--web-key", &options.web_key),
                                      std::pair("--web-token", &options.web_token) })
        require(!options.web.empty() || file->empty(), name, "belongs to --web, and there is none");
    require(published || options.zmq_key.empty(), "--zmq-key",
            "encrypts ZeroMQ outputs, and there is none: see --zmq");
    require(options.zmq_clients.empty() || !options.zmq_key.empty(), "--zmq-clients",
            "needs --zmq-key: without encryption a client cannot show its key");
    require(!options.snippets || !options.snippets->target.empty(), "--snippets", "missing: the folder of the recordings");
    if (options.snippets)
        check_snippet_values(*options.snippets);
    if (options.snippets)
        options.outputs.push_back(*options.snippets);
    const auto snippets = std::count_if(options.outputs.begin(), options.outputs.end(),
                                        [](const Output& output) { return output.kind == OutputKind::snippets; });
    require(snippets < 2, "--snippets", "found several folders, expected one");
    require(options.hub || !options.position, "--position", "is for a hub, and there is none: see --hub");
    if (options.outputs.size() == static_cast<std::size_t>(snippets) && !options.hub)
        options.outputs.push_back({ ::isatty(STDOUT_FILENO) ? OutputKind::text : OutputKind::json, "-", {} });
}

} // namespace prunedamr::rx
