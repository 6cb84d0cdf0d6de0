// SPDX-License-Identifier: GPL-3.0-or-later
#include "apps/common/cli.h"
#include "apps/workshop/frame_data.h"
#include "apps/workshop/train_options.h"
#include "apps/workshop/verbs.h"

#include "prunedamr/base/error.h"
#include "prunedamr/graph/contract.h"
#include "prunedamr/graph/model_file.h"
#include "prunedamr/graph/model_search.h"
#include "prunedamr/graph/zoo.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

namespace prunedamr::workshop {
namespace {

struct Options {
    graph::ZooConfig zoo;
    std::string from; ///< model whose weights are where it begins; empty: a fresh network
    FrameData data;
    std::string out;
    std::string json;
    TrainOptions train;
};

graph::Network first_network(Options& options, const data::Dataset& dataset)
{
    if (!options.from.empty()) {
        auto network = graph::load_model(graph::find_model(options.from));
        network.quantised.clear(); // its weights are in float32 all the same
        graph::check_contract(network, dataset.front_end, dataset.class_names, options.data.data);
        return network;
    }
    options.zoo.front_end = dataset.front_end;
    options.zoo.labels = dataset.class_names;
    options.zoo.seed = options.train.fit.seed;
    return graph::make_network(options.zoo);
}

void run(Options& options)
{
    finish_train_options(options.train, options.out);
    const auto dataset = load_frames(options.data);
    read_cost_matrix(options.train, dataset.class_names);
    const auto pages = frame_pages(options.data);
    options.train.fit.generator = pages.make;
    options.train.fit.pages_per_epoch = pages.per_epoch;
    auto result = train::fit(first_network(options, dataset), dataset, options.train.fit);
    if (result.interrupted)
        throw Error({ "interrupted; go on with --resume", options.train.fit.checkpoint, "", "" });
    if (!options.train.fit.processes.leads())
        return;
    result.network.provenance = { { "train", cli::command_line() }, { "data", dataset.provenance } };
    auto report = finish_model(std::move(result.network), dataset, options.out, options.train.fit);
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
    auto* verb = app.add_subcommand("train", "train a network of the zoo on a data set");
    std::vector<std::string> names;
    std::string help = "architecture:";
    for (const auto& architecture : graph::architectures()) {
        names.push_back(architecture.name);
        help += std::string("\n  ") + architecture.name + ": " + architecture.description;
    }
    options->zoo.arch = "amr_s";
    options->train.fit.epochs = 50;
    auto* arch = verb->add_option("--arch", options->zoo.arch, help);
    arch->capture_default_str()->check(CLI::IsMember(names));
    verb->add_option("--from", options->from,
                     "model file to go on from, of the data's classes and front end, instead of a fresh network; "
                     "one in 8 bits becomes float32")
        ->excludes(arch);
    cli::add_list(*verb, "--units", options->zoo.units_per_stage,
                  "units per stage, comma-separated (default: its own)");
    add_frame_data_options(*verb, options->data);
    add_frames_per_epoch(*verb, options->data);
    verb->get_option("--data")->required();
    verb->add_option("--out", options->out, "model file to write, .safetensors")->required();
    cli::add_json(*verb, options->json, "write cost, history and accuracy to this file");
    add_train_options(*verb, options->train);
    verb->get_option("--epochs")->check(CLI::Range(1, 100000)); // 0 makes sense for fine-tuning only
    verb->callback([options] { run(*options); });
}

} // namespace prunedamr::workshop
