// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/prunedamr/frame_data.h"
#include "apps/prunedamr/model_output.h"
#include "apps/prunedamr/subcommands.h"
#include "apps/prunedamr/train_options.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/zoo.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_search.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/settings.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::tool {
namespace {

struct Options {
    model::NewModel zoo;
    std::string from; ///< model whose weights are where it begins; empty: a fresh network
    FrameData data;
    std::string out;
    std::string json;
    TrainOptions train;
};

model::Model first_model(Options& options, const dataset::Dataset& dataset)
{
    if (!options.from.empty()) {
        auto model = model::load_model(model::find_model(options.from));
        model.network.quantized.clear(); // its weights are in float32 all the same
        model::check_contract(model.info, dataset.front_end, dataset.class_names, options.data.data);
        return model;
    }
    options.zoo.front_end = dataset.front_end;
    options.zoo.labels = dataset.class_names;
    options.zoo.seed = options.train.fit.seed;
    return model::make_model(options.zoo);
}

void run(Options& options)
{
    finish_train_options(options.train, options.out);
    const auto dataset = load_frames(options.data);
    set_teacher(options.train, dataset);
    read_cost_matrix(options.train, dataset.class_names);
    const auto shards = frame_shards(options.data);
    options.train.fit.generator = shards.make;
    options.train.fit.shards_per_epoch = shards.per_epoch;
    const auto first = first_model(options, dataset);
    auto result = train::fit(first, dataset, options.train.fit);
    if (result.interrupted)
        throw Error({ "interrupted; go on with --resume", options.train.fit.checkpoint, "", "" });
    if (!options.train.fit.processes.is_rank0())
        return;
    auto model = model::with_network(first, result.network);
    model.info.provenance = nlohmann::json{
        { "train", cli::command_line() }, { "data", nlohmann::json::parse(dataset.provenance) }
    }.dump();
    auto finished = train::finish_model(std::move(model), dataset, options.train.fit);
    auto report = metrics::save_model(finished, options.out);
    report["train"] = train::to_json(result);
    report["command"] = cli::command_line();
    cli::write_json(report, options.json);
    std::printf("%s: validation %.2f %%, test %s, best epoch %d\n", options.out.c_str(),
                100 * result.best_validation_accuracy, accuracy_text(report["test"]).c_str(), result.best_epoch);
}

} // namespace

void add_train(CLI::App& app)
{
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("train", "train a network of the zoo on a data set");
    std::vector<std::string> names;
    std::string help = "architecture:";
    for (const auto& architecture : graph::architectures()) {
        names.push_back(architecture.name);
        help += std::string("\n  ") + architecture.name + ": " + architecture.description;
    }
    options->zoo.arch = "amr_s";
    options->train.fit.epochs = 50;
    auto* arch = command->add_option("--arch", options->zoo.arch, help);
    arch->capture_default_str()->check(CLI::IsMember(names));
    command
        ->add_option("--from", options->from,
                     "model file to go on from, of the data's classes and front end, instead of a fresh network; "
                     "one in 8 bits becomes float32")
        ->type_name(cli::kModel)
        ->excludes(arch);
    cli::add_list(*command, "--units", options->zoo.units_per_stage,
                  "units per stage, comma-separated (default: its own)");
    add_frame_data_options(*command, options->data);
    add_frames_per_epoch(*command, options->data);
    command->get_option("--data")->required();
    command->add_option("--out", options->out, "model file to write, .safetensors")->type_name(cli::kOutput)->required();
    cli::add_json(*command, options->json, "write cost, history and accuracy to this file");
    add_train_options(*command, options->train);
    command->get_option("--epochs")->check(CLI::Range(1, 100000)); // 0 makes sense for fine-tuning only
    command->callback([options] { run(*options); });
}

} // namespace prunedamr::tool
