// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/prunedamr-rx/outputs.h"

#include "apps/common/cli.h"
#include "apps/common/output.h"

#include "prunedamr/base/file.h"
#include "prunedamr/stream/curve_key.h"

#include <utility>
#include <vector>

namespace prunedamr::rx {
namespace {

std::unique_ptr<stream::Sink> make_sink(const Options& options, const Output& output)
{
    if (output.kind == OutputKind::json)
        return stream::make_json_lines_sink(output.target);
    if (output.kind == OutputKind::sigmf)
        return stream::make_sigmf_sink({ options.source.addresses.front(), options.source.raw, output.target });
    stream::ZmqConfig config;
    config.endpoint = output.target;
    config.topic = options.topic;
    if (!options.zmq_key.empty())
        config.curve_secret_key = stream::read_curve_secret_key(options.zmq_key);
    if (!options.zmq_clients.empty())
        config.curve_client_keys = stream::read_curve_client_keys(options.zmq_clients);
    return stream::make_zmq_sink(config);
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
    for (const Output& output : options.outputs)
        if (output.kind == OutputKind::sigmf)
            add(outputs, "--out sigmf", output.target);
    check_outputs(outputs, inputs);
    for (const std::string& path : options.source.addresses)
        if (options.source.is_file())
            add(inputs, "the source", path);
    if (options.source.kind == SourceKind::standard_input)
        add(inputs, "the source", "/dev/stdin");
    inputs.insert(inputs.end(), outputs.begin(), outputs.end());
    outputs.clear();
    for (const Output& output : options.outputs)
        if (output.kind == OutputKind::json)
            outputs.push_back({ "--out json", output.target == "-" ? "/dev/stdout" : output.target });
    check_outputs(outputs, inputs);
}

std::unique_ptr<stream::Publisher> make_publisher(const Options& options, const receiver::SourceInfo& source)
{
    std::vector<std::unique_ptr<stream::Sink>> sinks;
    for (const auto& output : options.outputs) {
        sinks.push_back(make_sink(options, output));
        if (const std::string address = sinks.back()->chosen_address(); !address.empty())
            cli::print("Publishing at " + address);
    }
    if (const auto warning = stream::curve_secret_key_warning(options.zmq_key))
        cli::warn({ *warning });
    return std::make_unique<stream::Publisher>(std::move(sinks), !source.live);
}

} // namespace prunedamr::rx
