// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/options.h"

#include "apps/common/cli.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/model.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

namespace prunedamr::rx {
namespace {

template <typename Kind> struct Choice {
    const char* prefix; ///< what stands before the colon
    const char* form;
    const char* meaning;
    Kind kind;
};

constexpr std::array<Choice<SourceKind>, 4> kSources{ {
    { "file", "file:PATH or PATH",
      "SigMF (also x.sigmf, x.sigmf#NAME), WAV, or raw samples (with --format, --rate)", SourceKind::file },
    { "stdin", "stdin or -", "raw samples on standard input; needs --format and --rate",
      SourceKind::standard_input },
    { "soapy", "soapy:driver=rtlsdr,...", "radio by SoapySDR; needs --rate and --freq", SourceKind::soapy },
    { "zmq", "zmq:tcp://HOST:PORT", "complex64 from a ZeroMQ PUB sink of GNU Radio; needs --rate",
      SourceKind::zmq },
} };

constexpr std::array<Choice<OutputKind>, 3> kOutputs{ {
    { "json", "json:FILE or json:-", "JSON lines to a file or to standard output", OutputKind::json },
    { "sigmf", "sigmf:NAME",
      "SigMF annotations of a recorded source, beside its samples; under its own name: added", OutputKind::sigmf },
    { "zmq", "zmq:tcp://ADDRESS:PORT",
      "ZeroMQ PUB, bound: two frames, topic and JSON; beyond this machine with --zmq-key and --zmq-clients",
      OutputKind::zmq },
} };

template <typename Choices> std::string listing(const Choices& choices)
{
    std::string text;
    for (const auto& choice : choices) {
        char line[160];
        std::snprintf(line, sizeof line, "%s  %-26s %s", text.empty() ? "" : "\n", choice.form, choice.meaning);
        text += line;
    }
    return text;
}

template <typename Choices> std::string prefixes(const Choices& choices)
{
    std::string text;
    for (const auto& choice : choices)
        text += (text.empty() ? "" : ", ") + std::string(choice.prefix);
    return text;
}

std::string sample_formats()
{
    std::string text;
    for (const auto format : recording::sample_formats())
        text += (text.empty() ? "  " : "\n  ") + std::string(recording::to_string(format));
    return text;
}

/// "help" as a value lists the choices and leaves with exit code 0, as --version does.
void list_if_asked(const std::string& value, const std::string& choices)
{
    if (value == "help")
        throw CLI::CallForVersion(choices, 0);
}

template <typename Choices>
auto find_choice(const std::string& option, const std::string& prefix, const Choices& choices)
{
    for (const auto& choice : choices)
        if (prefix == choice.prefix)
            return choice.kind;
    throw CLI::ValidationError(option, "unknown kind: found " + prefix + ", expected one of " + prefixes(choices));
}

double quantity(const std::string& option, const std::string& text)
{
    try {
        return cli::number_with_suffix(text);
    } catch (const CLI::ValidationError& error) {
        throw CLI::ValidationError(option, error.what());
    }
}

double positive_quantity(const std::string& option, const std::string& text)
{
    const double value = quantity(option, text);
    if (value <= 0.0)
        throw CLI::ValidationError(option, "found " + text + ", expected a number above 0");
    return value;
}

void set_source(SourceOptions& source, const std::string& text)
{
    list_if_asked(text, listing(kSources));
    if (text == "-" || text == "stdin") {
        source.kind = SourceKind::standard_input;
        return;
    }
    const auto colon = text.find(':');
    // A file that exists wins over a prefix: 2024-01-01T12:00:00.cs16.
    const bool has_kind = colon != std::string::npos && text.find('/') > colon && !std::filesystem::exists(text);
    source.kind = has_kind ? find_choice("--source", text.substr(0, colon), kSources) : SourceKind::file;
    source.address = has_kind ? text.substr(colon + 1) : text;
    if (source.address.empty() || source.kind == SourceKind::standard_input)
        throw CLI::ValidationError("--source",
                                   "found " + text + ", expected one of the forms that --source help lists");
}

void add_outputs(std::vector<Output>& outputs, const std::vector<std::string>& texts)
{
    for (const auto& text : texts) {
        list_if_asked(text, listing(kOutputs));
        const auto colon = text.find(':');
        const auto kind = find_choice("--out", text.substr(0, colon), kOutputs);
        if (colon == std::string::npos || colon + 1 == text.size())
            throw CLI::ValidationError("--out", "found " + text + ", expected a target after the colon");
        outputs.push_back({ kind, text.substr(colon + 1) });
    }
}

void set_format(recording::RawOptions& raw, const std::string& text)
{
    list_if_asked(text, sample_formats());
    try {
        raw.format = recording::sample_format(text);
    } catch (const Error& error) {
        throw CLI::ValidationError("--format", error.what());
    }
}

void add_source_options(CLI::App& app, SourceOptions& source)
{
    app.add_option_function<std::string>(
           "source,--source", [&](const std::string& text) { set_source(source, text); },
           "where samples come from: file:PATH, PATH, soapy:..., zmq:..., stdin; 'help' lists all")
        ->required();
    app.add_option_function<std::string>(
        "--format", [&](const std::string& text) { set_format(source.raw, text); },
        "sample format of raw input: cu8, ci8, ci16, cf32, ...; 'help' lists all");
    app.add_option_function<std::string>(
        "--rate", [&](const std::string& text) { source.raw.sample_rate_hz = positive_quantity("--rate", text); },
        "sample rate in Hz, k/M/G allowed: 2.4M");
    app.add_option_function<int>(
           "--channel", [&](const int& channel) { source.raw.channel = channel; },
           "which of a recording's interleaved channels (default: 0)")
        ->check(CLI::NonNegativeNumber);
    app.add_option_function<std::string>(
        "--freq", [&](const std::string& text) { source.center_freq_hz = quantity("--freq", text); },
        "tuned frequency in Hz, k/M/G allowed: 433.92M (default: what the recording says, or 0)");
    app.add_flag("--live", source.live,
                 "standard input cannot wait: when labels fall behind, samples are dropped and counted");
}

/// "20" is the overall gain, "LNA=16" that of an element.
void add_gains(receiver::SoapyConfig& radio, const std::vector<std::string>& texts)
{
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        if (equals == std::string::npos)
            radio.gain_db = quantity("--gain", text);
        else
            radio.element_gains.push_back({ text.substr(0, equals), quantity("--gain", text.substr(equals + 1)) });
    }
}

void add_radio_options(CLI::App& app, receiver::SoapyConfig& radio)
{
    app.add_option_function<std::vector<std::string>>(
           "--gain", [&](const std::vector<std::string>& texts) { add_gains(radio, texts); },
           "gain of a Soapy radio in dB, overall or of its elements: 20, or LNA=16,VGA=8; repeatable (default: "
           "automatic)")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--antenna", radio.antenna, "antenna of a Soapy radio (default: its own choice)");
    app.add_option_function<std::string>(
        "--ppm", [&](const std::string& text) { radio.ppm = quantity("--ppm", text); },
        "frequency correction of a Soapy radio, parts per million");
    app.add_option_function<std::string>(
        "--bandwidth",
        [&](const std::string& text) { radio.bandwidth_hz = positive_quantity("--bandwidth", text); },
        "width of a Soapy radio's analog filter in Hz, k/M/G allowed (default: its own choice)");
}

void add_label_options(CLI::App& app, Options& options)
{
    app.add_option("--model", options.model,
                   "model file, or the name of an installed model; looked for in $PRUNEDAMR_MODELS, then in "
                   "share/prunedamr/models")
        ->capture_default_str();
    app.add_flag("--watch-model", options.watch_model,
                 "read the model again when its file changes, as on SIGHUP; SIGUSR1 brings the one before it back");
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
        "--interval", [&](const std::string& text) { options.interval_s = positive_quantity("--interval", text); },
        "seconds per label (default: 0.1)");
    auto* survey = app.add_flag(
        "--survey", options.survey,
        "search the whole band: a label per interval for each signal in it, with its frequency and width");
    app.add_option("--survey-signals", options.survey_signals,
                   "of a survey, signals followed at a time, the strongest")
        ->capture_default_str()
        ->check(CLI::Range(1, 64))
        ->needs(survey);
    auto* bursts = app.add_flag(
        "--bursts", options.bursts,
        "one label per burst, from its start to its end; gaps and signals that never stop: on the interval");
    app.add_option_function<std::string>(
           "--burst-gap",
           [&](const std::string& text) { options.burst_gap_s = positive_quantity("--burst-gap", text); },
           "seconds of quiet that end a burst; less than 16 samples count as 16 (default: 0.003)")
        ->needs(bursts);
    app.add_option("--min-confidence", options.min_confidence,
                   "a signal whose class and family are less probable is 'unknown' (default: the model's)")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--name", options.name, "name of this source in the labels")->capture_default_str();
}

void add_output_options(CLI::App& app, Options& options)
{
    app.add_option_function<std::vector<std::string>>(
           "--out", [&](const std::vector<std::string>& texts) { add_outputs(options.outputs, texts); },
           "where labels go: json:FILE, json:-, sigmf:NAME, zmq:ENDPOINT; repeatable (default: json:-)")
        ->allow_extra_args(false);
    app.add_option_function<std::vector<std::string>>(
           "--zmq",
           [&](const std::vector<std::string>& endpoints) {
               for (const auto& endpoint : endpoints)
                   options.outputs.push_back({ OutputKind::zmq, endpoint });
           },
           "ZeroMQ endpoint to publish labels at: tcp://127.0.0.1:5555; repeatable")
        ->allow_extra_args(false);
    app.add_option("--topic", options.topic, "first frame of ZeroMQ messages")->capture_default_str();
    app.add_option("--zmq-key", options.zmq_key,
                   "file of a CURVE secret key (40 characters of Z85, or NAME.key_secret of zmq.auth): labels are "
                   "encrypted, for any subscriber that knows its public key; see --zmq-clients");
    app.add_option("--zmq-clients", options.zmq_clients,
                   "who may subscribe: a file of CURVE public keys (NAME.key of zmq.auth, or 40 characters of Z85 "
                   "each), or a folder of NAME.key; with --zmq-key labels may then leave this machine");
    app.add_flag("--quiet", options.quiet, "no statistics on stderr");
}

bool is_pipe(const std::string& path)
{
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    return std::filesystem::is_fifo(status) || std::filesystem::is_character_file(status) ||
           std::filesystem::is_socket(status);
}

void require(bool condition, const char* option, const char* rule)
{
    if (!condition)
        throw CLI::ValidationError(option, rule);
}

} // namespace

void add_options(CLI::App& app, Options& options)
{
    add_source_options(app, options.source);
    add_radio_options(app, options.source.radio);
    add_label_options(app, options);
    add_output_options(app, options);
}

void check(Options& options)
{
    const auto& source = options.source;
    const bool device = source.kind == SourceKind::soapy;
    if (source.kind == SourceKind::file && is_pipe(source.address)) // /dev/stdin, <(zstd -dc x), a FIFO
        options.source.kind = SourceKind::pipe;
    const bool raw_stream = source.kind == SourceKind::standard_input || source.kind == SourceKind::pipe;
    const bool file = source.kind == SourceKind::file;
    require(file || source.raw.sample_rate_hz, "--rate", "missing: this source does not tell its sample rate");
    require(!raw_stream || source.raw.format, "--format", "missing: a pipe does not tell its sample format");
    require(file || raw_stream || !source.raw.format, "--format", "applies to files and pipes only");
    require(file || !source.raw.channel, "--channel", "applies to files only");
    require(!device || source.center_freq_hz, "--freq", "missing: a radio must be tuned");
    require(raw_stream || !source.live, "--live", "applies to standard input and pipes only");
    const receiver::SoapyConfig& radio = source.radio;
    require(device || (!radio.gain_db && radio.element_gains.empty()), "--gain", "applies to soapy sources only");
    require(device || radio.antenna.empty(), "--antenna", "applies to soapy sources only");
    require(device || !radio.ppm, "--ppm", "applies to soapy sources only");
    require(device || !radio.bandwidth_hz, "--bandwidth", "applies to soapy sources only");
    require(!options.survey || !options.bursts, "--survey",
            "contradicts --bursts: bursts are those of a single signal");
    for (const Output& output : options.outputs)
        require(file || output.kind != OutputKind::sigmf, "--out",
                "sigmf annotates recordings: files as the source only");
    const bool published = std::any_of(options.outputs.begin(), options.outputs.end(),
                                       [](const Output& output) { return output.kind == OutputKind::zmq; });
    require(published || options.zmq_key.empty(), "--zmq-key",
            "encrypts ZeroMQ outputs, and there is none: see --zmq");
    require(options.zmq_clients.empty() || !options.zmq_key.empty(), "--zmq-clients",
            "needs --zmq-key: without encryption a client cannot show its key");
    if (options.outputs.empty())
        options.outputs.push_back({ OutputKind::json, "-" });
}

} // namespace prunedamr::rx
