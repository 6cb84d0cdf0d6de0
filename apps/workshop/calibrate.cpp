// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/workshop/frame_data.h"
#include "apps/workshop/train_options.h"
#include "apps/workshop/verbs.h"

#include "prunedamr/base/atomic_file.h"
#include "prunedamr/base/error.h"
#include "prunedamr/graph/contract.h"
#include "prunedamr/graph/logits.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/model_search.h"
#include "prunedamr/train/evaluate.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::workshop {
namespace {

struct Options : ModelTask {
    double false_rejection = kFalseRejection;
};

std::size_t named_signals(const graph::Network& network, const data::Dataset& dataset)
{
    std::size_t count = 0;
    for (const std::int64_t frame : dataset.indices(data::Part::validation)) {
        const auto label = static_cast<std::size_t>(dataset.label[static_cast<std::size_t>(frame)]);
        const std::string& family = network.families[label];
        count += family != graph::kNoiseFamily && family != graph::kUnknownLabel;
    }
    return count;
}

void run(const Options& options)
{
    check_model_name(options.out);
    check_writable(options.out);
    auto network = graph::load_model(graph::find_model(options.model));
    const auto dataset = load_frames(options.data);
    graph::check_contract(network, dataset.front_end, dataset.class_names, options.data.data);
    const std::size_t signals = named_signals(network, dataset);
    if (signals < train::kFewestSignals)
        throw Error({ "too few frames of named signals to calibrate on", options.data.data,
                      std::to_string(signals) + " in the validation part",
                      std::to_string(train::kFewestSignals) + " or more" });
    network.provenance["calibrate"] = { { "command", cli::command_line() }, { "data", dataset.provenance } };
    auto report = finish_model(std::move(network), dataset, options.out, {}, options.false_rejection);
    report["command"] = cli::command_line();
    cli::write_json(report, options.json);
    std::printf("%s: temperature %.3f, unknown above a score of %.3f or below a confidence of %.3f, test %s\n",
                options.out.c_str(), report["temperature"].get<double>(), report["unknown_score"].get<double>(),
                report["min_confidence"].get<double>(), accuracy_text(report["test"]).c_str());
}

} // namespace

void add_calibrate(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* verb = app.add_subcommand("calibrate", "set a model's decision by data: temperature, when it is unknown");
    add_model_task_options(*verb, *options, "thresholds and accuracy");
    verb->add_option("--false-rejection", options->false_rejection,
                     "share of the validation frames of named signals that may be called unknown")
        ->capture_default_str()
        ->check(CLI::Range(1e-6, 0.5));
    verb->callback([options] { run(*options); });
}

} // namespace prunedamr::workshop
