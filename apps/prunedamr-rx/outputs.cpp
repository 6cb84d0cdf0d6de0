// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/outputs.h"

#include "apps/common/cli.h"
#include "apps/common/output.h"

#include "prunedamr/base/file.h"
#include "prunedamr/stream/curve.h"

#include <utility>
#include <vector>

namespace prunedamr::rx {
namespace {

receiver::OutputContext output_context(const Options& options)
{
    receiver::OutputContext context;
    context.source_name = options.name.empty() ? context.source_name : options.name;
    context.on_notice = cli::print; // what goes wrong is said, --quiet or not
    context.zmq.topic = options.topic;
    if (!options.zmq_key.empty())
        context.zmq.curve_secret_key = stream::read_curve_secret_key(options.zmq_key);
    if (!options.zmq_clients.empty())
        context.zmq.curve_client_keys = stream::read_curve_client_keys(options.zmq_clients);
    context.annotating.recording = options.source.addresses.front();
    context.annotating.raw = options.source.raw;
    return context;
}

} // namespace

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
    add(inputs, "the table of systems", options.systems);
    if (options.drift != "model" && options.drift != "none")
        add(inputs, "the reference of drift", options.drift);
    add(inputs, "the keys of updates", options.update_keys);
    add(inputs, "the page's certificate", options.web_cert);
    add(inputs, "the page's key", options.web_key);
    add(inputs, "the page's token", options.web_token);
    for (const receiver::Output& output : options.outputs)
        for (const std::string& file : output.input_files())
            add(inputs, "a file of --out", file);
    for (const std::string& file : options.hub ? options.hub->input_files() : std::vector<std::string>())
        add(inputs, "a file of --hub", file);
    for (const receiver::Output& output : options.outputs)
        if (output.kind == receiver::OutputKind::sigmf)
            add(outputs, "--out sigmf", output.target);
    check_outputs(outputs, inputs);
    for (const std::string& path : options.source.addresses)
        if (options.source.is_file())
            add(inputs, "the source", path);
    if (options.source.kind == SourceKind::standard_input)
        add(inputs, "the source", "/dev/stdin");
    inputs.insert(inputs.end(), outputs.begin(), outputs.end());
    outputs.clear();
    for (const receiver::Output& output : options.outputs)
        if (output.is_file())
            outputs.push_back({ "--out " + output.kind_name(), output.target == "-" ? "/dev/stdout" : output.target });
    check_outputs(outputs, inputs);
}

std::unique_ptr<stream::Publisher> make_publisher(const Options& options, const receiver::SourceInfo& source,
                                                  receiver::SampleHistory* history, std::vector<std::unique_ptr<stream::Sink>> last, HubSide* hub)
{
    receiver::OutputContext context = output_context(options);
    context.history = history;
    if (hub)
        context.on_snippet = [hub](const std::string& stem, const stream::LabelEvent& event) { hub->keep(stem, event); };
    std::vector<stream::SinkChoice> sinks;
    for (const auto& output : options.outputs) {
        sinks.push_back(receiver::open_output(output, context));
        if (const std::string address = sinks.back().sink->chosen_address(); !address.empty())
            cli::print("Publishing at " + address);
    }
    for (auto& sink : last)
        sinks.push_back({ std::move(sink), {} });
    if (const auto warning = stream::curve_secret_key_warning(options.zmq_key))
        cli::warn({ *warning });
    return std::make_unique<stream::Publisher>(std::move(sinks), !source.live);
}

} // namespace prunedamr::rx
