// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/frame_data.h"
#include "apps/prunedamr/model_output.h"
#include "apps/prunedamr/train_options.h"
#include "apps/prunedamr/subcommands.h"

#include "prunedamr/base/error.h"
#include "prunedamr/metrics/scores_json.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_json.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/prune/quantize.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/settings.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <map>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options : ModelTask {
    bool keep_biases = false;
    prune::QuantizeConfig quantize;
    TrainOptions train;
};

double points(const nlohmann::json& before, const nlohmann::json& after)
{
    return 100.0 * (after.get<double>() - before.get<double>());
}

void print_row(const std::string& name, const nlohmann::json& before, const nlohmann::json& after)
{
    if (before.is_number() && after.is_number())
        std::printf("%-10s %7.2f %% %7.2f %% %+8.2f\n", name.c_str(), 100.0 * before.get<double>(),
                    100.0 * after.get<double>(), points(before, after));
}

/// Accuracy by class and SNR as two columns, float32 and int8.
void print_beside(nlohmann::json before, nlohmann::json after)
{
    std::printf("%-10s %9s %9s %8s\n", "class", "float32", "int8", "points");
    for (const auto& [label, accuracy] : before["by_class"].items())
        print_row(label, accuracy, after["by_class"][label]);
    std::map<int, std::string> snrs;
    for (const auto& [snr_db, accuracy] : before["by_snr"].items())
        snrs[std::stoi(snr_db)] = snr_db;
    std::printf("%-10s %9s %9s %8s\n", "SNR, dB", "float32", "int8", "points");
    for (const auto& [order, snr_db] : snrs)
        print_row(snr_db, before["by_snr"][snr_db], after["by_snr"][snr_db]);
}

void run(Options& options)
{
    finish_train_options(options.train, options.out);
    const auto original = model::load_model(model::find_model(options.model));
    const auto dataset = load_frames(options.data);
    const auto shards = frame_shards(options.data);
    train::check_compatible(original, dataset);
    auto& fine_tune = options.train.fit;
    if (fine_tune.epochs > 0 && !options.train.teacher_model)
        options.train.teacher_model = original;
    set_teacher(options.train, dataset);
    fine_tune.generator = shards.make;
    fine_tune.shards_per_epoch = shards.per_epoch;
    read_cost_matrix(options.train, dataset.class_names);
    options.quantize.seed = fine_tune.seed;
    options.quantize.device = fine_tune.device;
    options.quantize.correct_biases = !options.keep_biases;
    auto result = prune::quantize(original.network, dataset, options.quantize);
    if (fine_tune.processes.is_rank0())
        std::printf("%s\n", prune::to_text(result.nodes).c_str());
    std::fflush(stdout);
    auto history = nlohmann::json();
    if (fine_tune.epochs > 0) {
        fine_tune.title = "fine-tune in 8 bits";
        auto fitted = train::fit(result.network, dataset, fine_tune);
        if (fitted.interrupted)
            throw Error({ "interrupted; go on with --resume", fine_tune.checkpoint, "", "" });
        history = train::to_json(fitted);
        result.network = std::move(fitted.network);
    }
    if (!fine_tune.processes.is_rank0())
        return;
    auto model = model::with_network(original, result.network);
    model::add_provenance(model.info, "quantize",
                          { { "command", cli::command_line() },
                            { "base", original.info.name },
                            { "epochs", fine_tune.epochs } });
    auto finished = train::finish_model(std::move(model), dataset, fine_tune);
    auto report = metrics::save_model(finished, options.out);
    report["command"] = cli::command_line();
    report["quantized"] = prune::to_json(result.nodes);
    report["fine_tune"] = history;
    report["original_test"] = nlohmann::json::object();
    std::string against;
    if (!finished.test.empty()) {
        const auto before = metrics::evaluate(train::module_runner(original.network, fine_tune.device), dataset,
                                              dataset.indices(dataset::Split::test));
        report["original_test"] = metrics::to_json(metrics::scores_of(before));
        print_beside(report["original_test"], report["test"]);
        const auto change = metrics::compare(before, finished.test);
        report["change"] = change.to_json();
        against = " (" + change.to_text() + ")";
    }
    cli::write_json(report, options.json);
    std::printf("%s: %zu values in 8 bits, test %s in int8, %s in float32%s\n", options.out.c_str(),
                result.nodes.size(), accuracy_text(report["test"]).c_str(),
                accuracy_text(report["original_test"]).c_str(), against.c_str());
}

} // namespace

void add_quantize(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("quantize", "8-bit form of a trained network, for the engine");
    add_model_task_options(*command, *options, "ranges, history and accuracy");
    add_frames_per_epoch(*command, options->data);
    auto& quantize = options->quantize;
    command->add_option("--calibration-frames", quantize.frames, "of the train part that ranges are taken over")
        ->capture_default_str()
        ->check(CLI::Range(16, 10000000));
    command->add_option("--clip-fraction", quantize.outside,
                     "fraction of values that the percentile rule leaves out at either end")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 0.1));
    cli::add_list(*command, "--keep-float", quantize.keep_float, "nodes whose output stays float32, comma-separated");
    command->add_flag("--keep-biases", options->keep_biases, "no bias correction");
    options->train.fit.epochs = 0;
    options->train.fit.learning_rate = 1e-4;
    options->train.fit.schedule = "cosine";
    add_train_options(*command, options->train);
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
