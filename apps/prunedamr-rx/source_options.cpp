// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/source_options.h"

#include "apps/common/cli.h"

#include "prunedamr/base/error.h"

#include <array>
#include <filesystem>

namespace prunedamr::rx {
namespace {

const std::array<cli::Choice<SourceKind>, 8> kSources{ {
    { "file", "file:PATH or PATH ...",
      "SigMF (also x.sigmf, x.sigmf#NAME), WAV, or raw samples (with --format, --rate); several: one after the "
      "other",
      SourceKind::file },
    { "stdin", "stdin or -", "raw samples on standard input; needs --format and --rate",
      SourceKind::standard_input },
    { "soapy", "soapy:driver=rtlsdr,...", "radio by SoapySDR; needs --rate and --freq", SourceKind::soapy },
    { "rtl_tcp", "rtl_tcp:HOST[:PORT]", "radio behind rtl_tcp (port 1234); needs --rate and --freq",
      SourceKind::rtl_tcp },
    { "tcp", "tcp:HOST:PORT", "raw samples from a TCP server; needs --format and --rate", SourceKind::tcp },
    { "udp", "udp:[ADDRESS:]PORT",
      "raw samples in datagrams to this machine (127.0.0.1; 0.0.0.0:PORT: from anywhere); needs --format and "
      "--rate",
      SourceKind::udp },
    { "zmq", "zmq:tcp://HOST:PORT",
      "samples (cf32, or --format) of a ZeroMQ PUB socket, as GNU Radio's; zmq:@tcp://... binds; needs --rate",
      SourceKind::zmq_sub },
    { "zmq-pull", "zmq-pull:tcp://HOST:PORT", "the same of a PUSH socket; zmq-pull:@tcp://... binds",
      SourceKind::zmq_pull },
} };

std::string sample_formats()
{
    std::string text;
    for (const auto format : recording::sample_formats())
        text += (text.empty() ? "  " : "\n  ") + std::string(recording::to_string(format));
    return text;
}

/// /dev/stdin, <(zstd -dc x), a FIFO.
bool is_pipe(const std::string& path)
{
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    return std::filesystem::is_fifo(status) || std::filesystem::is_character_file(status) ||
           std::filesystem::is_socket(status);
}

/// A file that is there wins over a prefix.
void add_source(SourceOptions& source, const std::string& text)
{
    cli::list_if_asked(text, cli::listing(kSources));
    std::error_code unknown;
    const auto colon = text.find(':');
    const bool has_kind =
        colon != std::string::npos && text.find('/') > colon && !std::filesystem::exists(text, unknown);
    for (const auto& one : kSources)
        if (text == one.prefix && one.kind != SourceKind::standard_input && !std::filesystem::exists(text, unknown))
            throw CLI::ValidationError("--source", "found " + text + ", expected " + one.form);
    SourceKind kind = SourceKind::file;
    if (text == "-" || text == "stdin")
        kind = SourceKind::standard_input;
    else if (has_kind)
        kind = cli::find_choice("--source", text.substr(0, colon), kSources);
    const std::string address = has_kind ? text.substr(colon + 1) : text;
    if (address.empty() || (has_kind && kind == SourceKind::standard_input))
        throw CLI::ValidationError("--source",
                                   "found " + text + ", expected one of the forms that --source help lists");
    if (kind == SourceKind::file && is_pipe(address))
        kind = SourceKind::pipe;
    if (!source.addresses.empty() && (kind != SourceKind::file || source.kind != SourceKind::file))
        throw CLI::ValidationError("--source", "found several, expected one, or files only");
    source.kind = kind;
    source.addresses.push_back(address);
}

void set_format(recording::RawOptions& raw, const std::string& text)
{
    cli::list_if_asked(text, sample_formats());
    try {
        raw.format = recording::sample_format(text);
    } catch (const Error& error) {
        throw CLI::ValidationError("--format", error.what());
    }
}

/// "20" is the overall gain, "LNA=16" that of an element.
void add_gains(receiver::SoapyConfig& radio, const std::vector<std::string>& texts)
{
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        if (equals == std::string::npos)
            radio.gain_db = cli::quantity("--gain", text);
        else
            radio.element_gains.push_back(
                { text.substr(0, equals), cli::quantity("--gain", text.substr(equals + 1)) });
    }
}

/// "2.5" and "2.5s" are seconds, "4096Sa" samples.
receiver::Extent extent(const std::string& option, const std::string& text)
{
    receiver::Extent result;
    std::string number = text;
    const auto ends_with = [&](const std::string& unit) {
        return text.size() > unit.size() && text.compare(text.size() - unit.size(), unit.size(), unit) == 0;
    };
    result.in_samples = ends_with("Sa");
    if (result.in_samples || ends_with("s"))
        number.resize(text.size() - (result.in_samples ? 2 : 1));
    result.value = cli::quantity(option, number);
    const bool is_length = option == "--length";
    if (!(result.value >= 0.0) || (is_length && result.value == 0.0))
        throw CLI::ValidationError(option, "found " + text + ", expected " + (is_length ? "more than 0" : "0 or more"));
    return result;
}

CLI::Option* add_number(CLI::App& app, const std::string& name, std::optional<double>& value, bool positive,
                        const std::string& help)
{
    return app
        .add_option_function<std::string>(
            name,
            [&value, name, positive](const std::string& text) {
                value = positive ? cli::positive_quantity(name, text) : cli::quantity(name, text);
            },
            help)
        ->type_name(cli::kQuantity);
}

void add_radio_options(CLI::App& app, SourceOptions& source)
{
    app.add_option_function<std::vector<std::string>>(
           "--gain", [&](const std::vector<std::string>& texts) { add_gains(source.radio, texts); },
           "gain of a radio in dB, overall or (Soapy) of its elements: 20, or LNA=16,VGA=8; repeatable (default: "
           "automatic)")
        ->type_name("DB|NAME=DB")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--antenna", source.radio.antenna, "antenna of a Soapy radio (default: its own choice)")
        ->type_name("NAME");
    add_number(app, "--ppm", source.ppm, false,
               "parts per million by which the receiver's clock is too fast: a radio is told; of other sources "
               "frequency and rate are corrected");
    add_number(
        app, "--bandwidth", source.bandwidth_hz, true,
        "width in Hz, k/M/G allowed: of the channel at --offset; without that, of a Soapy radio's analog filter "
        "(default: its own choice)");
    app.add_flag(
        "--exit-on-loss", source.exit_on_loss,
        "end with exit code 1 when a live source fails or brings nothing for 1.5 s (default: open it again, "
        "and again)");
}

void add_conditioning_options(CLI::App& app, receiver::ConditioningConfig& config)
{
    app.option_defaults()->group("Samples");
    app.add_flag("--swap-iq", config.swap_iq, "exchange I and Q: the spectrum is mirrored");
    app.add_flag("--dc-block", config.dc_block, "take away the spike in the middle of the band");
    app.add_flag("--iq-balance", config.iq_balance,
                 "take away the mirror image that unequal I and Q make; follows the samples of half a second");
    cli::add_quantity(app, "--offset-tune", config.offset_tune_hz,
                      "tune the radio so many Hz higher and shift the samples back: its spike is then beside");
    cli::add_quantity(app, "--offset", config.offset_hz,
                      "use a channel so many Hz above the tuned frequency; --bandwidth is its width");
    for (const auto& [name, value, help] :
         { std::tuple("--start", &config.start,
                      "where in a recording to begin: seconds (2.5), or samples (4096Sa)"),
           std::tuple("--length", &config.length, "how much to use, likewise (default: all)") })
        app.add_option_function<std::string>(
               name, [name = name, value = value](const std::string& text) { *value = extent(name, text); }, help)
            ->type_name("TIME|SAMPLES");
}

receiver::RawStream raw_stream(const SourceOptions& options, double center_freq_hz)
{
    return { options.raw.format.value_or(recording::SampleFormat::cf32_le),
             options.raw.sample_rate_hz.value_or(0.0), center_freq_hz };
}

std::unique_ptr<receiver::Source> open_zmq(const SourceOptions& options, const std::string& address,
                                           double center_freq_hz)
{
    receiver::ZmqSourceConfig config;
    config.bind = address.rfind('@', 0) == 0;
    config.endpoint = address.substr(config.bind ? 1 : 0);
    config.pull = options.kind == SourceKind::zmq_pull;
    config.key = options.key;
    config.stream = raw_stream(options, center_freq_hz);
    return receiver::make_zmq_source(config);
}

std::unique_ptr<receiver::Source> open_radio(const SourceOptions& options, const std::string& address,
                                             double center_freq_hz)
{
    receiver::SoapyConfig radio = options.radio;
    radio.device = address;
    radio.sample_rate_hz = options.raw.sample_rate_hz.value_or(0.0);
    radio.center_freq_hz = center_freq_hz;
    radio.ppm = options.ppm;
    if (!options.has_channel())
        radio.bandwidth_hz = options.bandwidth_hz;
    if (options.kind == SourceKind::soapy)
        return receiver::make_soapy_source(radio);
    const bool has_port = address.find(':') != std::string::npos;
    return receiver::make_rtl_tcp_source({ has_port ? address : address + ":1234", radio.sample_rate_hz,
                                           center_freq_hz, radio.gain_db, options.ppm.value_or(0.0) });
}

/// As often as it is lost.
std::unique_ptr<receiver::Source> open_live(const SourceOptions& options, const std::string& address,
                                            double center_freq_hz)
{
    switch (options.kind) {
    case SourceKind::tcp:
        return receiver::make_tcp_source(address, raw_stream(options, center_freq_hz));
    case SourceKind::udp:
        return receiver::make_udp_source(address, raw_stream(options, center_freq_hz));
    case SourceKind::zmq_sub:
    case SourceKind::zmq_pull:
        return open_zmq(options, address, center_freq_hz);
    case SourceKind::standard_input:
    case SourceKind::pipe: {
        const receiver::RawStream stream = raw_stream(options, center_freq_hz);
        const receiver::PipeConfig pipe{ stream.format, stream.sample_rate_hz, center_freq_hz, options.live };
        return options.kind == SourceKind::pipe ? receiver::make_pipe_source(address, pipe)
                                                : receiver::make_pipe_source(pipe);
    }
    default:
        return open_radio(options, address, center_freq_hz);
    }
}

std::unique_ptr<receiver::Source> open_supervised(const SourceOptions& options, const std::string& address)
{
    const double wanted_hz = options.center_freq_hz.value_or(0.0);
    receiver::SupervisorConfig config;
    config.open = [options, address](double hz) { return open_live(options, address, hz); };
    config.center_freq_hz = options.is_radio() ? wanted_hz + options.conditioning.offset_tune_hz : wanted_hz;
    config.reopen_when_lost = !options.is_pipe();
    config.reopen_when_silent = options.is_radio() || options.kind == SourceKind::tcp;
    config.fail_on_loss = options.exit_on_loss;
    return receiver::make_supervised_source(config);
}

} // namespace

bool SourceOptions::has_channel() const
{
    return conditioning.offset_hz != 0.0 || (bandwidth_hz && kind != SourceKind::soapy);
}

void add_source_options(CLI::App& app, SourceOptions& source)
{
    app.option_defaults()->group("Source");
    app.add_option_function<std::vector<std::string>>(
           "source,--source",
           [&](const std::vector<std::string>& texts) {
               for (const auto& text : texts)
                   add_source(source, text);
           },
           "where samples come from: PATH ..., stdin, or soapy:, rtl_tcp:, tcp:, udp:, zmq:, zmq-pull: with what "
           "'help' says")
        ->type_name("SOURCE")
        ->required();
    app.add_option_function<std::string>(
        "--format", [&](const std::string& text) { set_format(source.raw, text); },
        "sample format of raw input: cu8, ci8, ci16, cf32, ...; 'help' lists all")
        ->type_name("FORMAT");
    add_number(app, "--rate", source.raw.sample_rate_hz, true, "sample rate in Hz, k/M/G allowed: 2.4M");
    add_number(app, "--freq", source.center_freq_hz, false,
               "tuned frequency in Hz, k/M/G allowed: 433.92M (default: what the recording says, or 0)");
    app.add_option_function<int>(
           "--channel", [&](const int& channel) { source.raw.channel = channel; },
           "which of a recording's interleaved channels (default: 0)")
        ->check(CLI::NonNegativeNumber);
    app.add_option_function<std::string>(
        "--source-key", [&](const std::string& text) { source.key = text; },
        "of a ZeroMQ source, take the messages whose first part is this (default: all)")
        ->type_name("KEY");
    app.add_flag(
        "--live", source.live,
        "standard input, or a pipe, cannot wait: when labels fall behind, samples are dropped and counted");
    app.add_flag("--realtime", source.realtime, "read a recording no faster than it was recorded, as if it were live");
    app.add_flag("--loop", source.loop, "read a recording again when it ends, and again, until a signal comes");
    add_radio_options(app, source);
    add_scan_options(app, source);
    add_conditioning_options(app, source.conditioning);
}

void check(SourceOptions& source)
{
    using cli::require;
    const bool soapy = source.kind == SourceKind::soapy, file = source.is_file();
    const bool pipe = source.is_pipe(), zmq_sub = source.kind == SourceKind::zmq_sub;
    const bool needs_format = pipe || source.kind == SourceKind::tcp || source.kind == SourceKind::udp;
    require(file || source.raw.sample_rate_hz, "--rate", "missing: this source does not tell its sample rate");
    require(!needs_format || source.raw.format, "--format",
            pipe ? "missing: a pipe does not tell its sample format"
                 : "missing: this source does not tell its sample format");
    require(!source.is_radio() || !source.raw.format, "--format", "does not apply to radios");
    require(file || pipe || !source.raw.format || !recording::is_real(*source.raw.format), "--format",
            "real-valued samples come from files and pipes only");
    require(file || !source.raw.channel, "--channel", "applies to files only");
    check_scan(source);
    require(!source.is_radio() || source.center_freq_hz, "--freq", "missing: a radio must be tuned");
    require(pipe || !source.live, "--live", "applies to standard input and pipes only");
    require(!source.exit_on_loss || (!file && (!pipe || source.live)), "--exit-on-loss",
            "applies to live sources only");
    require(file || !source.realtime, "--realtime", "applies to files only");
    require(file || !source.loop, "--loop", "applies to files only");
    require(!source.loop || source.addresses.size() == 1, "--loop", "takes one file");
    require(zmq_sub || !source.key, "--source-key", "applies to zmq sources only");
    require(source.is_radio() || (!source.radio.gain_db && source.radio.element_gains.empty()), "--gain",
            "applies to radios only");
    require(soapy || source.radio.element_gains.empty(), "--gain", "rtl_tcp has an overall gain only");
    require(soapy || source.radio.antenna.empty(), "--antenna", "applies to soapy sources only");
    require(source.is_radio() || source.conditioning.offset_tune_hz == 0.0, "--offset-tune",
            "applies to radios only");
    require(file || source.conditioning.start.value == 0.0, "--start", "applies to files only");
    require(source.conditioning.offset_hz == 0.0 || source.bandwidth_hz, "--offset",
            "needs --bandwidth: the width of the channel");
}

std::unique_ptr<receiver::Source> open_source(const SourceOptions& options, const std::string& address,
                                              std::shared_ptr<receiver::ScanSchedule>& schedule)
{
    receiver::ConditioningConfig conditioning = options.conditioning;
    if (!options.is_radio())
        conditioning.ppm = options.ppm.value_or(0.0);
    if (options.has_channel())
        conditioning.bandwidth_hz = options.bandwidth_hz.value();
    if (options.is_file()) {
        const auto open = [=, raw = options.raw, center_freq_hz = options.center_freq_hz] {
            return receiver::make_conditioned_source(receiver::make_file_source(address, raw, center_freq_hz), conditioning);
        };
        if (options.realtime || options.loop)
            return receiver::make_replayed_source({ open, options.realtime, options.loop });
        return open();
    }
    if (options.is_pipe() && !options.live)
        return receiver::make_conditioned_source(open_live(options, address, options.center_freq_hz.value_or(0.0)),
                                                 conditioning);
    auto source = receiver::make_conditioned_source(open_supervised(options, address), conditioning);
    if (options.scanned.entries.empty())
        return source;
    schedule = std::make_shared<receiver::ScanSchedule>(options.scanned);
    return receiver::make_scanning_source(std::move(source), { options.settle_s, { options.radio.gain_db, "" } },
                                          schedule);
}

} // namespace prunedamr::rx
