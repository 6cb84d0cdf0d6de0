// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/frame_data.h"
#include "apps/prunedamr/model_output.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/metrics/calibration.h"
#include "prunedamr/model/logits.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_info.h"
#include "prunedamr/model/model_json.h"
#include "prunedamr/model/model_search.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options : ModelTask {
    double false_rejection = metrics::kFalseRejection;
};

void run(const Options& options)
{
    check_model_name(options.out);
    auto model = model::load_model(model::find_model(options.model));
    const auto dataset = load_frames(options.data);
    model::check_contract(model.info, dataset.front_end, dataset.class_names, options.data.data);
    const auto runner = metrics::engine_runner(model);
    const auto validation = metrics::evaluate(runner, dataset, dataset.indices(dataset::Split::validation));
    const std::size_t signals = metrics::count_signals(validation.labels, model::LogitReader(model.info));
    if (signals < metrics::kMinSignals)
        throw Error({ "too few frames of named signals to calibrate on", options.data.data,
                      std::to_string(signals) + " in the validation part",
                      std::to_string(metrics::kMinSignals) + " or more" });
    model::add_provenance(
        model.info, "calibrate",
        { { "command", cli::command_line() }, { "data", nlohmann::json::parse(dataset.provenance) } });
    const auto test = metrics::evaluate(runner, dataset, dataset.indices(dataset::Split::test));
    auto finished = metrics::finish_model(std::move(model), validation, test, options.false_rejection);
    finished.model.info.drift = drift_reference(validation, finished.model.info);
    auto report = metrics::save_model(finished, options.out);
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
    auto* command =
        app.add_subcommand("calibrate", "set a model's decision by data: temperature, when it is unknown, what frames are like");
    add_model_task_options(*command, *options, "thresholds and accuracy");
    command
        ->add_option("--false-rejection", options->false_rejection,
                     "fraction of the validation frames of named signals that may be called unknown")
        ->capture_default_str()
        ->check(CLI::Range(1e-6, 0.5));
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
