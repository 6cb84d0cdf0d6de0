// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/session.h"
#include "apps/common/cli.h"
#include "apps/common/output.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/base/interrupt.h"
#include "prunedamr/base/text.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/stream/curve_key.h"

#include <chrono>
#include <cstdio>
#include <future>
#include <stdexcept>
#include <utility>

namespace prunedamr::rx {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrace = 1s; ///< between a signal and leaving a stalled reader behind

std::unique_ptr<receiver::Source> make_source(const SourceOptions& options)
{
    const double rate_hz = options.raw.sample_rate_hz.value_or(0.0); // checked to be there where it is needed
    const double freq_hz = options.center_freq_hz.value_or(0.0);
    switch (options.kind) {
    case SourceKind::file:
        return receiver::make_file_source(options.address, options.raw, options.center_freq_hz);
    case SourceKind::standard_input:
        return receiver::make_pipe_source({ options.raw.format.value(), rate_hz, freq_hz, options.live });
    case SourceKind::pipe:
        return receiver::make_pipe_source(options.address, { options.raw.format.value(), rate_hz, freq_hz, options.live });
    case SourceKind::zmq:
        return receiver::make_zmq_source(options.address, rate_hz, freq_hz);
    case SourceKind::soapy:
        break;
    }
    receiver::SoapyConfig radio = options.radio;
    radio.device = options.address;
    radio.sample_rate_hz = rate_hz;
    radio.center_freq_hz = freq_hz;
    return receiver::make_soapy_source(radio);
}

receiver::ReceiverConfig receiver_config(const Options& options, const std::string& model)
{
    receiver::ReceiverConfig config;
    config.model = model;
    config.backend = options.backend;
    config.max_latency_us = options.max_latency_us;
    config.name = options.name;
    config.interval_s = options.interval_s;
    if (options.min_confidence >= 0.0)
        config.min_confidence = options.min_confidence;
    config.survey = options.survey;
    config.survey_signals = options.survey_signals;
    config.bursts = options.bursts;
    config.burst_gap_s = options.burst_gap_s;
    return config;
}

void print(const std::string& text)
{
    std::fprintf(stderr, "prunedamr-rx: %s\n", printable(text).c_str());
}

/// Before anything is opened for writing: no label may stand in what the run reads, nor in another output's file.
/// SigMF annotations are added to those of the source.
void check_files(const Options& options, const std::string& model)
{
    std::vector<NamedFile> inputs, outputs;
    const auto add = [](std::vector<NamedFile>& list, const char* role, const std::string& file) {
        for (const std::string& one : cli::with_companions(file))
            if (!file.empty())
                list.push_back({ role, one });
    };
    add(inputs, "the model", model);
    add(inputs, "the key", options.zmq_key);
    add(inputs, "the list of clients", options.zmq_clients);
    for (const Output& output : options.outputs)
        if (output.kind == OutputKind::sigmf)
            add(outputs, "--out sigmf", output.target);
    check_outputs(outputs, inputs);
    if (options.source.kind == SourceKind::file)
        add(inputs, "the source", options.source.address);
    if (options.source.kind == SourceKind::standard_input)
        add(inputs, "the source", "/dev/stdin");
    inputs.insert(inputs.end(), outputs.begin(), outputs.end());
    outputs.clear();
    for (const Output& output : options.outputs)
        if (output.kind == OutputKind::json)
            outputs.push_back({ "--out json", output.target == "-" ? "/dev/stdout" : output.target });
    check_outputs(outputs, inputs);
}

std::unique_ptr<stream::Sink> make_sink(const Options& options, const Output& output,
                                        const receiver::SourceInfo& source)
{
    if (output.kind == OutputKind::json)
        return stream::make_json_lines_sink(output.target);
    if (output.kind == OutputKind::sigmf)
        return stream::make_sigmf_sink({ options.source.address, options.source.raw, output.target });
    stream::ZmqConfig config;
    config.endpoint = output.target;
    config.topic = options.topic;
    if (!options.zmq_key.empty())
        config.curve_secret_key = stream::read_curve_secret_key(options.zmq_key);
    if (!options.zmq_clients.empty())
        config.curve_client_keys = stream::read_curve_client_keys(options.zmq_clients);
    return stream::make_zmq_sink(config);
}

std::unique_ptr<stream::Publisher> make_publisher(const Options& options, const receiver::SourceInfo& source)
{
    std::vector<std::unique_ptr<stream::Sink>> sinks;
    for (const auto& output : options.outputs) {
        sinks.push_back(make_sink(options, output, source));
        if (const std::string address = sinks.back()->chosen_address(); !address.empty())
            print("Publishing at " + address);
    }
    if (const auto warning = stream::curve_secret_key_warning(options.zmq_key))
        cli::warn({ *warning });
    return std::make_unique<stream::Publisher>(std::move(sinks), !source.live);
}

} // namespace

Session::Session(const Options& options) : quiet_(options.quiet), fault_said_(options.outputs.size())
{
    for (const Output& output : options.outputs)
        outputs_.push_back(output.target);
    auto source = make_source(options.source);
    cli::warn(source->info().warnings);
    model_ = model::find_model(options.model);
    check_files(options, model_);
    const auto publish = [this](const stream::LabelEvent& event) { publisher_->publish(event); };
    receiver_ = std::make_unique<receiver::Receiver>(std::move(source), receiver_config(options, model_), publish);
    publisher_ = make_publisher(options, receiver_->source());
    if (options.watch_model)
        watched_.emplace(model_);
}

void Session::run()
{
    Statistics statistics(receiver_->source().live);
    if (!quiet_)
        print(receiver_->description());
    receiver_->start();
    wait_for_end(statistics);
    tell_doubts();
    write_out();
    if (!quiet_)
        for (std::size_t i = 0; i < outputs_.size(); ++i)
            if (const std::uint64_t lost = publisher_->lost(i))
                print(outputs_[i] + ": " + std::to_string(lost) + " events lost, its reader was too slow");
    if (outputs_.size() == 1 && publisher_->fault())
        throw std::runtime_error(*publisher_->fault());
    say_faults();
    if (const auto fault = receiver_->fault())
        throw std::runtime_error(*fault);
    if (const std::size_t failed = failed_outputs())
        throw std::runtime_error(std::to_string(failed) + " of " + std::to_string(outputs_.size()) +
                                 " outputs failed");
    if (!quiet_)
        print(statistics.summary(receiver_->stats(), publisher_->lost()));
}

/// Each once. That of a single output ends the run, which then says it.
void Session::say_faults()
{
    for (std::size_t i = 0; outputs_.size() > 1 && i < outputs_.size(); ++i)
        if (const auto fault = publisher_->fault(i); fault && !fault_said_[i]) {
            fault_said_[i] = true;
            print(*fault);
        }
}

std::size_t Session::failed_outputs() const
{
    std::size_t failed = 0;
    for (std::size_t i = 0; i < outputs_.size(); ++i)
        failed += publisher_->fault(i) ? 1 : 0;
    return failed;
}

/// Writes what is queued. A reader that stalls is waited for, but not after a signal.
void Session::write_out()
{
    auto end = std::async(std::launch::async, [this] { publisher_->close(); });
    while (end.wait_for(50ms) != std::future_status::ready)
        abandon_stalled_readers();
    end.get();
}

void Session::abandon_stalled_readers()
{
    const auto now = Statistics::Clock::now();
    if (!interrupted())
        return;
    if (!interrupted_at_)
        interrupted_at_ = now;
    if (now - *interrupted_at_ > kGrace)
        publisher_->abandon();
}

void Session::wait_for_end(Statistics& statistics)
{
    auto next_line = Statistics::Clock::now() + 1s;
    while (!receiver_->wait_for(50ms)) {
        say_faults();
        if (interrupted() || !publisher_->has_readers())
            receiver_->stop();
        abandon_stalled_readers();
        follow_requests();
        if (receiver_->source().live)
            tell_doubts();
        if (!quiet_ && Statistics::Clock::now() >= next_line) {
            print(statistics.line(receiver_->stats(), publisher_->lost()));
            next_line += 1s;
        }
    }
}

/// Samples flow on meanwhile. What goes wrong is said, --quiet or not.
void Session::follow_requests()
{
    const bool changed = watched_ && watched_->changed();
    try {
        if (take_reload() || changed) {
            receiver_->set_model(model_);
            if (!quiet_)
                print("Switched to model " + model_);
        }
    } catch (const std::exception& error) {
        print(std::string("Model not replaced: ") + error.what());
    }
    if (take_restore()) {
        const bool restored = receiver_->revert_model();
        if (!quiet_ || !restored)
            print(restored ? "Switched back to the previous model" : "No previous model to switch back to");
    }
}

/// Each once, --quiet or not.
void Session::tell_doubts()
{
    const auto doubts = stream::doubts(receiver_->stats().classifier);
    for (std::size_t i = 0; i < doubts.size(); ++i)
        if (!doubts[i].empty() && !std::exchange(told_[i], true))
            print(doubts[i]);
}

} // namespace prunedamr::rx
